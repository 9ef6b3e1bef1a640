#pragma once

#include <array>
#include <string_view>

namespace couplet::storage {

inline constexpr std::string_view data_namespace = "urn:xmpp:pie:0";
inline constexpr std::string_view scram_namespace = "urn:xmpp:pie:0#scram";
inline constexpr std::string_view archive_namespace = "urn:xmpp:pie:0#mam";
inline constexpr std::string_view delay_namespace = "urn:xmpp:delay";        ///< XEP-0203
inline constexpr std::string_view forward_namespace = "urn:xmpp:forward:0";  ///< XEP-0297

/// By sasl::scram_hash, without -PLUS (XEP-0227 section 4.3).
inline constexpr std::array<std::string_view, 3> mechanism_names{"SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"};

}  // namespace couplet::storage

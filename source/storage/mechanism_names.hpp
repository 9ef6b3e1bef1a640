#pragma once

#include <array>
#include <string_view>

namespace couplet::storage {

inline constexpr std::string_view data_namespace = "urn:xmpp:pie:0";
inline constexpr std::string_view scram_namespace = "urn:xmpp:pie:0#scram";

/// By sasl::scram_hash, without -PLUS (XEP-0227 section 4.3).
inline constexpr std::array<std::string_view, 3> mechanism_names{"SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"};

}  // namespace couplet::storage

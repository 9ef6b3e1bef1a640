#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sasl/scram_keys.hpp"

namespace couplet::sasl {

/// The mechanisms that the server knows, strongest first: in this order they are advertised. Which of them one stream offers is for the
/// stream to say; one that was not offered must not be taken (SECURITY 6).
enum class mechanism : std::uint8_t {
  external,           ///< RFC 4422 appendix A, XEP-0178: external.hpp
  scram_sha512_plus,  ///< RFC 5802, 7677: scram.hpp
  scram_sha512,
  scram_sha256_plus,
  scram_sha256,
  scram_sha1_plus,
  scram_sha1,
  plain,      ///< RFC 4616: plain.hpp
  anonymous,  ///< RFC 4505, XEP-0175: anonymous.hpp
};

/// All of them, strongest first.
std::span<const mechanism> all_mechanisms() noexcept;

/// As registered: "SCRAM-SHA-256-PLUS".
std::string_view name_of(mechanism m) noexcept;
/// Exactly that name, in upper case; nothing for any other.
std::optional<mechanism> find_mechanism(std::string_view name) noexcept;
bool is_scram(mechanism m) noexcept;
/// Whether it binds the login to the TLS connection.
bool is_plus(mechanism m) noexcept;
/// Precondition: is_scram(m).
scram_hash hash_of(mechanism m) noexcept;

/// The channel binding data of one TLS connection, raw bytes (RFC 9266, RFC 5929). Empty: that type is not to be had.
struct channel_bindings {
  channel_bindings() = default;
  channel_bindings(std::string tls_exporter_, std::string tls_unique_, std::string tls_server_end_point_);

  bool any() const noexcept;
  /// By the type's registered name; empty where this connection does not have it.
  std::string_view find(std::string_view type) const noexcept;
  /// The names of those that it has, strongest first: what XEP-0440 advertises.
  std::vector<std::string_view> types() const;

  std::string tls_exporter;
  std::string tls_unique;
  std::string tls_server_end_point;
};

}  // namespace couplet::sasl

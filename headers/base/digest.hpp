#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace couplet::base {

/// The hash functions that logins use. What they give is raw bytes.
enum class hash_function : std::uint8_t { sha1, sha256, sha512 };

/// The length of what a hash function gives: 20, 32 or 64.
std::size_t hash_bytes(hash_function f) noexcept;
std::string digest_of(hash_function f, std::string_view text);
/// RFC 2104. A key of any length.
std::string hmac(hash_function f, std::string_view key, std::string_view text);
/// PBKDF2 (RFC 8018 section 5.2) with HMAC, as long as one digest: what RFC 5802 section 2.2 calls Hi(). Takes milliseconds by design:
/// never on a shard's thread. Throws std::invalid_argument where `iterations` is 0 or above 2^31 - 1.
std::string pbkdf2(hash_function f, std::string_view password, std::string_view salt, std::uint32_t iterations);

/// Lower-case hexadecimal SHA-1 of first followed by second: the handshake of XEP-0114 section 3
/// (stream id, secret) and the digest of XEP-0078 section 3.2 (stream id, password).
std::string sha1_hex(std::string_view first, std::string_view second);

/// Compares in a time that depends on the length of `given` only, not on where the two differ.
bool equal_in_constant_time(std::string_view given, std::string_view expected) noexcept;

}  // namespace couplet::base

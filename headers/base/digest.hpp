#pragma once

#include <string>
#include <string_view>

namespace couplet::base {

/// Lower-case hexadecimal SHA-1 of first followed by second: the handshake of XEP-0114 section 3
/// (stream id, secret) and the digest of XEP-0078 section 3.2 (stream id, password).
std::string sha1_hex(std::string_view first, std::string_view second);

/// Compares in a time that depends on the length of `given` only, not on where the two differ.
bool equal_in_constant_time(std::string_view given, std::string_view expected) noexcept;

}  // namespace couplet::base

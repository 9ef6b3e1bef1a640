#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace couplet::tls {

/// What a connection begins with.
enum class opening : std::uint8_t {
  need_more,  ///< could still be more than one of them
  tls,        ///< a TLS record with a handshake message
  xml,        ///< `<`, or white space before it
  http,       ///< the method of an HTTP request and a space
  unknown,
};

/// No more than this many bytes are looked at: with as many, the answer is not need_more.
inline constexpr std::size_t opening_bytes = 16;

/// Looks at the first bytes of a connection, all of those that came so far. More bytes never change an answer other than
/// need_more. A byte order mark counts as XML: whoever reads the XML refuses it with its proper name.
opening detect_opening(std::string_view first_bytes) noexcept;

}  // namespace couplet::tls

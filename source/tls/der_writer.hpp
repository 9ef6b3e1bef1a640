#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace couplet::tls::der {

/// Tag, length, content.
std::string write(std::uint8_t tag, std::string_view content);
/// The same around several values, one after the other.
std::string write(std::uint8_t tag, std::initializer_list<std::string_view> values);

/// A bit string of whole bytes.
std::string write_bits(std::string_view bytes);
/// UTCTime until 2049, GeneralizedTime from 2050 (RFC 5280 section 4.1.2.5).
std::string write_time(std::int64_t unix_time);
/// One extension of a certificate; `content` is what its octet string holds.
std::string write_extension(std::string_view object_id_content, bool critical, std::string_view content);

}  // namespace couplet::tls::der

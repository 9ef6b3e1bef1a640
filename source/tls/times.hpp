#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace couplet::tls {

/// A time in a certificate (RFC 5280 section 4.1.2.5), UTCTime or GeneralizedTime as its tag says, in seconds since 1970.
std::optional<std::int64_t> read_time(std::uint8_t tag, std::string_view text) noexcept;

/// "20360131120000Z", the text of a GeneralizedTime; two digits shorter, the text of a UTCTime.
std::string time_digits(std::int64_t unix_time);

}  // namespace couplet::tls

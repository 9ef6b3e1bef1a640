#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace couplet::base {

/// Milliseconds since 1970 as XMPP writes them (XEP-0082): 2002-09-10T23:08:25.000Z. Years 0 to 9999.
std::string to_date_time(std::int64_t milliseconds);

/// With or without fractions of a second, in any time zone. Nothing: it is no such text, or no such day.
std::optional<std::int64_t> from_date_time(std::string_view text) noexcept;

}  // namespace couplet::base

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace couplet::session {

/// Puts <delay/> behind all that is in a message that has waited (XEP-0203): `from` has kept it since `milliseconds` after 1970.
void append_delay(std::string& message, std::string_view from, std::int64_t milliseconds);

/// Whether append_delay() has put such an element of `from` at the end of the message.
bool has_waited(std::string_view message, std::string_view from);

}  // namespace couplet::session

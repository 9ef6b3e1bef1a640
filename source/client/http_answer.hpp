#pragma once

#include <string>
#include <string_view>

namespace couplet::client {

/// The whole answer to an HTTP request on a port for XMPP: sends a browser to `redirect`, or tells it where it is (400) where that is empty.
/// `redirect`: an http or https URL without blanks and control characters.
std::string http_answer(std::string_view redirect);

}  // namespace couplet::client

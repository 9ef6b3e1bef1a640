#pragma once

#include <string>
#include <string_view>

namespace couplet::net {

/// The whole answer to an HTTP request on a port for XMPP. GET and HEAD are sent to `redirect` (302: a browser asks again next
/// time), where that is not empty; everything else is told what port this is (400). The connection is to be closed after it.
///
/// `request`: its first bytes, at least the method and the blank behind it. No more is needed, so the answer is given at once,
/// without waiting for a line or a header to end: nobody holds a connection by a request that never does. What was asked for is
/// not looked at and not repeated. `redirect`: an http or https URL of printable ASCII characters.
std::string http_answer(std::string_view request, std::string_view redirect);

}  // namespace couplet::net

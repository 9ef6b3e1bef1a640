#pragma once

#include <string>
#include <string_view>

#include "session/manager.hpp"

namespace couplet::session {

/// What there is at a domain that is served (XEP-0030 section 4): its services, and the components below it that are connected. What lies below
/// several served domains belongs to the longest; a service that lies below none is the default domain's.
void append_services(std::string& out, const settings& s, std::string_view domain);

}  // namespace couplet::session

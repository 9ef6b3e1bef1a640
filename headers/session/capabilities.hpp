#pragma once

#include <string>

#include "session/manager.hpp"

namespace couplet::session {

/// <c/> of what a manager with these settings says that its domains can do (XEP-0115): for the features of a stream whose client has logged in
/// (section 6.3), who then need not ask. Any of the domains answers for its node and version. From any thread.
std::string capabilities_element(const settings& s);

}  // namespace couplet::session

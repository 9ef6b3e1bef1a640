#pragma once

#include <string_view>

#include "session/manager.hpp"

/// The server's own entity capabilities (XEP-0115); capabilities_element() tells of them.
namespace couplet::session {

/// Whether a node of service discovery is the one that stands for what the server can do now (section 6.2).
bool is_version_of_server(const settings& s, std::string_view node);

}  // namespace couplet::session

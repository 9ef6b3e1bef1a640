#pragma once

#include <string>
#include <string_view>

namespace couplet::component {

/// What the log may show of an element that a component sent or was sent: cut where it is long. Of a handshake, and of what may hold a
/// password, nothing but the first tag. `scratch` holds what is not the element itself.
std::string_view loggable(std::string_view xml, std::string& scratch);

}  // namespace couplet::component

#pragma once

#include "settings.hpp"

namespace couplet::config {

/// Who may connect to the component listener: other Couplets as c2s, and components. After domains and aliases. Throws usage_error.
void read_component_listener(const settings& all, options& o);

}  // namespace couplet::config

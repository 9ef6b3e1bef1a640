#pragma once

#include "settings.hpp"

namespace couplet::config {

/// The names of the built-in service of rooms. After domains, components and the session manager. Throws usage_error.
void read_group_chat(const settings& all, options& o);

}  // namespace couplet::config

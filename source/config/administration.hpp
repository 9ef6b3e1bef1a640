#pragma once

#include "settings.hpp"

namespace couplet::config {

/// Who may do more than others. After domains, accounts, back ends and the session manager. Throws usage_error.
void read_administration(const settings& all, options& o);

}  // namespace couplet::config

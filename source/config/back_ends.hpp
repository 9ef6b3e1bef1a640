#pragma once

#include "settings.hpp"

namespace couplet::config {

/// Who checks passwords in the session manager's place: nobody is asked here, but what is given has to make sense.
void read_back_ends(const settings& all, options& o);

}  // namespace couplet::config

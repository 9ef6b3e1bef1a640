#pragma once

#include "config/options.hpp"

namespace couplet::server {

/// --import: do_chore() has the whole story.
int import_users(const config::options& o);

}  // namespace couplet::server

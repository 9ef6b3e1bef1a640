#pragma once

#include "config/options.hpp"

namespace couplet::server {

/// Does what options::to_do says with the database in options::data: a backup or an export, also while a Couplet uses it; an import, while
/// none does. What was done, and what could not be taken over, stands in lines on standard error; an export to "-" goes to standard output.
/// Answers the exit code: 0 it is done, 1 it is not, and nothing has changed.
int do_chore(const config::options& o);

}  // namespace couplet::server

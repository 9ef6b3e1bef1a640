#pragma once

#include <chrono>

namespace couplet::base {

/// The one clock of deadlines, budgets and rates. Machines never read it: they are told the time.
using clock = std::chrono::steady_clock;
using time_point = clock::time_point;
using duration = clock::duration;

}  // namespace couplet::base

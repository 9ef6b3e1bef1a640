#pragma once

#include "base/clock.hpp"

namespace couplet::lives {

/// Lets time pass at once, for windows that no deadline ends; until it goes. The program is linked with --wrap, so the product knows
/// nothing of it.
class hurried_clock {
 public:
  hurried_clock() = default;
  ~hurried_clock();
  hurried_clock(const hurried_clock&) = delete;
  hurried_clock& operator=(const hurried_clock&) = delete;
  void pass(base::duration time) noexcept;
};

}  // namespace couplet::lives

#pragma once

#include <cstdint>

#include "base/clock.hpp"

namespace couplet::limits {

/// Bytes per second with a burst of `burst_seconds` seconds' worth. Eight bytes, no timer: it is told the time.
/// A rate of 0 means no limit.
class token_bucket {
 public:
  /// Takes `bytes`, also more than there are: the bucket goes into debt and the caller waits.
  void take(std::uint64_t bytes_per_second, std::uint64_t bytes, base::time_point now) noexcept;

  /// When the debt is paid off; `now` or earlier means: go on at once. Never more than a day after the last take.
  base::time_point ready_at() const noexcept { return paid_until_; }

  static constexpr int burst_seconds = 2;

 private:
  /// The bytes taken so far are paid for by this time; a full bucket lies burst_seconds back.
  base::time_point paid_until_{};
};

}  // namespace couplet::limits

#include "limits/token_bucket.hpp"

#include <algorithm>

namespace couplet::limits {

namespace {

/// The longest debt that is kept: far above any deadline, and no sum can overflow.
constexpr base::duration longest_debt = std::chrono::hours(24);

base::duration cost(std::uint64_t bytes_per_second, std::uint64_t bytes) noexcept {
  using nanoseconds = std::chrono::duration<double, std::nano>;
  // In floating point: the product of bytes and 10^9 does not fit in 64 bits.
  const nanoseconds exact(static_cast<double>(bytes) * 1e9 / static_cast<double>(bytes_per_second));
  if (exact >= longest_debt) return longest_debt;
  return std::chrono::duration_cast<base::duration>(exact);
}

}  // namespace

void token_bucket::take(std::uint64_t bytes_per_second, std::uint64_t bytes, base::time_point now) noexcept {
  if (bytes_per_second == 0) return;
  const auto full = now - std::chrono::seconds(burst_seconds);
  const auto paid = std::max(paid_until_, full) + cost(bytes_per_second, bytes);
  paid_until_ = std::min(paid, now + longest_debt);
}

}  // namespace couplet::limits

#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace couplet::link {

inline constexpr std::chrono::milliseconds first_pause{500};
inline constexpr std::chrono::milliseconds longest_pause{30'000};

/// A conflict counts for so many: two that use one name shall not push each other out twice a second.
inline constexpr std::uint32_t failures_of_a_conflict = 3;

/// How long to wait before the next try after so many `failures` in a row: doubles up to the longest, give or take a quarter by
/// `random` (any 64 bits), so that many c2s of one manager don't return all at once.
constexpr std::chrono::milliseconds pause_after(std::uint32_t failures, std::uint64_t random) noexcept {
  const auto doubled = first_pause * (1LL << std::min(failures, 10U));
  const auto middle = std::min(longest_pause, std::chrono::milliseconds(doubled));
  const auto thousandths = static_cast<std::int64_t>(random % 501) - 250;
  return middle + middle * thousandths / 1000;
}

}  // namespace couplet::link

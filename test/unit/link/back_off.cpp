#include "link/back_off.hpp"

#include <doctest/doctest.h>

using namespace couplet::link;
using namespace std::chrono_literals;

TEST_CASE("back-off doubles from half a second to half a minute") {
  constexpr std::uint64_t middle = 250;  // no jitter
  CHECK(pause_after(0, middle) == 500ms);
  CHECK(pause_after(1, middle) == 1s);
  CHECK(pause_after(2, middle) == 2s);
  CHECK(pause_after(5, middle) == 16s);
  CHECK(pause_after(6, middle) == 30s);
  CHECK(pause_after(7, middle) == 30s);
  CHECK(pause_after(failures_of_a_conflict, middle) == 4s);
  CHECK(pause_after(4'000'000'000U, middle) == 30s);
}

TEST_CASE("back-off is spread by a quarter both ways, and by no more") {
  for (std::uint32_t failures = 0; failures < 12; ++failures) {
    const auto plain = pause_after(failures, 250);
    CHECK(pause_after(failures, 0) == plain * 3 / 4);
    CHECK(pause_after(failures, 500) == plain * 5 / 4);
    for (std::uint64_t random = 0; random < 2000; random += 7) {
      CHECK(pause_after(failures, random) >= plain * 3 / 4);
      CHECK(pause_after(failures, random) <= plain * 5 / 4);
    }
  }
}

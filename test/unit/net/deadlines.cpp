#include "net/deadlines.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <vector>

using namespace couplet;
using net::deadlines;
using namespace std::chrono_literals;

namespace {

const base::time_point start{std::chrono::hours(1)};

struct item final : net::has_deadline {
  void on_deadline(base::time_point now) override {
    fired.push_back(now - start);
    if (then) then();
  }
  std::vector<base::duration> fired;
  std::function<void()> then;
};

}  // namespace

TEST_CASE("a deadline is never met early and at most a tick late") {
  deadlines wheel(start);
  for (auto due : {1ms, 49ms, 50ms, 51ms, 999ms, 10'000ms, 51'200ms, 60'000ms}) {
    item one;
    deadlines fresh(start);
    fresh.set(one, start + due);
    for (auto t = 0ms; one.fired.empty() && t < due + 1s; t += 10ms) fresh.advance(start + t);
    REQUIRE(one.fired.size() == 1);
    CHECK(one.fired[0] >= due);
    CHECK(one.fired[0] <= due + deadlines::tick + 10ms);
  }
}

TEST_CASE("a deadline in the past is met at the next sweep") {
  deadlines wheel(start);
  wheel.advance(start + 10s);
  item late;
  wheel.set(late, start);
  wheel.advance(start + 10s + deadlines::tick);
  CHECK(late.fired.size() == 1);
}

TEST_CASE("the wheel's rounds do not mix: a deadline further away than the wheel is long stays") {
  deadlines wheel(start);
  item far;
  wheel.set(far, start + 1h);
  for (auto t = 0s; t < 3600s; t += 7s) wheel.advance(start + t);
  CHECK(far.fired.empty());
  wheel.advance(start + 1h + deadlines::tick);
  CHECK(far.fired.size() == 1);
}

TEST_CASE("after a long pause everything that is due is met once") {
  deadlines wheel(start);
  std::vector<item> items(5000);
  for (std::size_t i = 0; i < items.size(); ++i) wheel.set(items[i], start + std::chrono::milliseconds(i * 37));
  wheel.advance(start + 1h);
  for (const auto& i : items) CHECK(i.fired.size() == 1);
}

TEST_CASE("a deadline can be moved, cleared, and set again from within") {
  deadlines wheel(start);
  item moved;
  wheel.set(moved, start + 1s);
  wheel.set(moved, start + 2s);
  wheel.advance(start + 1500ms);
  CHECK(moved.fired.empty());
  wheel.advance(start + 2100ms);
  CHECK(moved.fired.size() == 1);

  item cleared;
  wheel.set(cleared, start + 3s);
  deadlines::clear(cleared);
  wheel.advance(start + 4s);
  CHECK(cleared.fired.empty());

  item again;
  again.then = [&] {
    if (again.fired.size() < 3) wheel.set(again, start + 4s);
  };
  wheel.set(again, start + 4s);
  for (auto t = 4s; t < 6s; t += 1s) {
    for (auto ms = 0ms; ms < 1s; ms += 50ms) wheel.advance(start + t + ms);
  }
  CHECK(again.fired.size() == 3);
}

TEST_CASE("what goes away takes itself off the wheel, also while others are called") {
  deadlines wheel(start);
  auto victim = std::make_unique<item>();
  item killer;
  killer.then = [&] { victim.reset(); };
  wheel.set(killer, start + 1s);
  wheel.set(*victim, start + 1s);
  wheel.advance(start + 2s);
  CHECK(killer.fired.size() == 1);
  CHECK(victim == nullptr);
}

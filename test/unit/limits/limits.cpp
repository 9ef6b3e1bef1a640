#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "limits/budget.hpp"
#include "limits/connect_rate.hpp"
#include "limits/token_bucket.hpp"

using namespace couplet::limits;
using namespace std::chrono_literals;
using couplet::base::time_point;

namespace {
const time_point start = time_point{} + 1h;
}

TEST_CASE("a bucket gives a burst at once and the rest in time") {
  token_bucket b;
  b.take(1000, 2000, start);
  CHECK(b.ready_at() == start);
  b.take(1000, 500, start);
  CHECK(b.ready_at() == start + 500ms);
  b.take(1000, 1, start + 500ms);
  CHECK(b.ready_at() == start + 501ms);
  // Idle for long: no more than the burst has gathered.
  b.take(1000, 2000, start + 1h);
  CHECK(b.ready_at() == start + 1h);
  b.take(1000, 1000, start + 1h);
  CHECK(b.ready_at() == start + 1h + 1s);
}

TEST_CASE("over a long time a bucket lets through its rate and no more") {
  token_bucket b;
  auto now = start;
  std::uint64_t taken = 0;
  while (now < start + 100s) {
    b.take(16'000, 4'096, now);
    taken += 4'096;
    if (b.ready_at() > now) now = b.ready_at();
  }
  CHECK(taken >= 16'000 * 100);
  CHECK(taken <= 16'000 * (100 + token_bucket::burst_seconds) + 4'096);
}

TEST_CASE("no rate, no limit; no amount makes the arithmetic overflow") {
  token_bucket free;
  free.take(0, UINT64_MAX, start);
  CHECK(free.ready_at() <= start);
  token_bucket b;
  for (int i = 0; i < 1000; ++i) b.take(1, UINT64_MAX, start);
  CHECK(b.ready_at() == start + 24h);
  token_bucket fast;
  fast.take(UINT64_MAX, UINT64_MAX, start);
  CHECK(fast.ready_at() <= start);
}

TEST_CASE("an address connects so often in a window, then not") {
  connect_rate rate({3, 10s}, 42);
  for (int i = 0; i < 3; ++i) CHECK(rate.admit("192.0.2.1", start));
  CHECK_FALSE(rate.admit("192.0.2.1", start));
  CHECK_FALSE(rate.admit("192.0.2.1", start + 9s));
  CHECK(rate.admit("192.0.2.2", start));
  for (int i = 0; i < 3; ++i) CHECK(rate.admit("192.0.2.1", start + 10s));
  CHECK_FALSE(rate.admit("192.0.2.1", start + 10s));
}

TEST_CASE("accounts that an address makes: a long window, and who asks all the time is not kept out for it") {
  connect_rate rate({2, 24h}, 42);
  CHECK(rate.admit("192.0.2.1", start));
  CHECK(rate.admit("192.0.2.1", start + 1h));
  for (auto now = start + 1h; now < start + 24h; now += 1min) REQUIRE_FALSE(rate.admit("192.0.2.1", now));
  CHECK(rate.admit("192.0.2.1", start + 24h));
  CHECK(rate.admit("192.0.2.2", start + 24h));
}

TEST_CASE("no limit on connects") {
  connect_rate rate({0, 10s}, 42);
  for (int i = 0; i < 100'000; ++i) REQUIRE(rate.admit("192.0.2.1", start));
}

TEST_CASE("a flood of addresses neither resets a counter nor refuses anybody else") {
  connect_rate rate({2, 60s}, 7, 64);
  CHECK(rate.admit("victim", start));
  CHECK(rate.admit("victim", start));
  for (int i = 0; i < 10'000; ++i) REQUIRE(rate.admit("flood" + std::to_string(i), start));
  CHECK_FALSE(rate.admit("victim", start));
  CHECK(rate.admit("somebody new", start));
  CHECK(rate.admit("victim", start + 60s));
}

TEST_CASE("addresses that differ in any byte have counters of their own") {
  connect_rate rate({1, 60s}, 99);
  const std::vector<std::string> addresses{
      "", std::string(1, '\0'), std::string(2, '\0'), "12345678", "123456789", "12345679", std::string(8, '\0'), "a", "b"};
  for (const auto& a : addresses) CHECK(rate.admit(a, start));
  for (const auto& a : addresses) CHECK_FALSE(rate.admit(a, start));
}

TEST_CASE("which addresses share a group depends on the seed") {
  // Two groups of 8 and 24 addresses: those that come to a full group are not counted, and the seed decides which these are.
  std::string first;
  std::string second;
  for (auto* pattern : {&first, &second}) {
    connect_rate rate({1, 60s}, pattern == &first ? 1U : 2U, 16);
    for (int i = 0; i < 24; ++i) rate.admit("address" + std::to_string(i), start);
    for (int i = 0; i < 24; ++i) *pattern += rate.admit("address" + std::to_string(i), start) ? 'y' : 'n';
  }
  CHECK(first != second);
}

TEST_CASE("a budget is taken whole or not at all") {
  budget b(100);
  CHECK(b.try_take(60));
  CHECK_FALSE(b.try_take(41));
  CHECK(b.used() == 60);
  CHECK(b.try_take(40));
  CHECK_FALSE(b.try_take(1));
  CHECK(b.try_take(0));
  b.give_back(100);
  CHECK(b.used() == 0);
  budget none(0);
  CHECK(none.try_take(SIZE_MAX / 2));
}

TEST_CASE("a budget adds up over threads") {
  budget b(1000);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&b] {
      for (int i = 0; i < 10'000; ++i) {
        if (b.try_take(300)) b.give_back(300);
      }
    });
  }
  for (auto& t : threads) t.join();
  CHECK(b.used() == 0);
}

TEST_CASE("whether an address would be admitted can be asked without its being counted") {
  connect_rate::options o;
  o.connects = 2;
  o.window = 60s;
  connect_rate rate(o, 7);
  for (int n = 0; n < 100; ++n) CHECK(rate.would_admit("192.0.2.1", start));
  CHECK(rate.admit("192.0.2.1", start));
  CHECK(rate.would_admit("192.0.2.1", start));
  CHECK(rate.admit("192.0.2.1", start));
  CHECK_FALSE(rate.would_admit("192.0.2.1", start + 59s));
  CHECK(rate.would_admit("192.0.2.2", start));
  CHECK(rate.would_admit("192.0.2.1", start + 60s));
  CHECK(connect_rate({}, 7).would_admit("192.0.2.1", start));
}

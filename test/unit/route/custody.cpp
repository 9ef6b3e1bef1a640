#include "route/custody.hpp"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

using namespace couplet;

namespace {

struct owner {
  owner() : of(route::receipts::make([](void* context) { ++static_cast<owner*>(context)->news; }, this)) {}
  ~owner() { of->abandon(); }
  std::atomic<int> news{0};
  route::receipts* of;
};

}  // namespace

TEST_CASE("a route is done with when the last mark is gone, and in order") {
  owner o;
  auto first = o.of->take();
  auto second = o.of->take();
  CHECK(o.of->taken() == 2);
  CHECK(o.of->settled() == 0);
  {
    const auto copy = first;
    first = route::custody();
    CHECK(o.of->settled() == 0);
  }
  CHECK(o.of->settled() == 1);
  const auto third = o.of->take();
  second = route::custody();
  CHECK(o.of->settled() == 2);
}

TEST_CASE("what is done with early waits for what came before it") {
  owner o;
  auto first = o.of->take();
  o.of->take();
  auto third = o.of->take();
  CHECK(o.of->settled() == 0);
  third = route::custody();
  first = route::custody();
  CHECK(o.of->settled() == 3);
}

TEST_CASE("news is told for many at once") {
  owner o;
  for (int i = 0; i < 15; ++i) o.of->take();
  CHECK(o.news == 0);
  CHECK(o.of->settled() == 15);
  o.of->take();
  CHECK(o.news == 1);
  for (int i = 0; i < 32; ++i) o.of->take();
  CHECK(o.news == 3);
  CHECK(o.of->settled() == 48);
}

TEST_CASE("not more than fit, and room again") {
  owner o;
  std::vector<route::custody> all;
  while (!o.of->is_full()) all.push_back(o.of->take());
  CHECK(all.size() == route::receipts::most_under_way);
  all.front() = route::custody();
  CHECK(o.of->is_full());
  CHECK(o.of->settled() == 1);
  CHECK_FALSE(o.of->is_full());
}

TEST_CASE("marks may outlive their owner, on any thread") {
  std::vector<route::custody> all;
  {
    owner o;
    for (int i = 0; i < 1000; ++i) all.push_back(o.of->take());
    CHECK(o.news == 0);
  }
  std::thread other([marks = all] {});
  other.join();
  all.clear();  // the last one takes the counters with it: address sanitizer looks
}

TEST_CASE("marks that two threads drop are all counted") {
  owner o;
  std::vector<route::custody> one, two;
  for (int i = 0; i < 10'000; ++i) {
    one.push_back(o.of->take());
    two.push_back(one.back());
  }
  std::thread other([marks = std::move(two)]() mutable { marks.clear(); });
  one.clear();
  other.join();
  CHECK(o.of->settled() == 10'000);
  CHECK(o.news >= 1);
}

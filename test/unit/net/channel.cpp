#include "net/channel.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/log.hpp"
#include "net/signal.hpp"

using namespace couplet;

TEST_CASE("a batch comes out in order, and one turn is asked for") {
  net::shard s(0);
  net::pressure full;
  net::channel<std::string> c(s, 0, full);
  std::vector<std::string> got;
  int turns = 0;
  s.set_drain([&] {
    ++turns;
    const bool any = c.drain([&](std::string&& item) { got.push_back(std::move(item)); }) != 0;
    if (got.size() == 3) s.stop();
    return any;
  });
  c.push("one", 3);
  c.push("two", 3);
  c.push("three", 5);
  CHECK(c.bytes() == 11);
  s.run();
  CHECK(got == std::vector<std::string>{"one", "two", "three"});
  CHECK(c.bytes() == 0);
  CHECK(turns <= 2);
}

TEST_CASE("the budget slows producers down and drops nothing") {
  net::shard s(0);
  net::pressure full;
  net::channel<int> c(s, 100, full);
  CHECK_FALSE(full.any());
  c.push(1, 75);
  CHECK_FALSE(full.any());
  c.push(2, 1);
  CHECK(full.any());
  c.push(3, 1000);
  std::vector<int> got;
  CHECK(c.drain([&](int&& i) { got.push_back(i); }) == 3);
  CHECK(got == std::vector<int>{1, 2, 3});
  CHECK_FALSE(full.any());
}

TEST_CASE("a drain that is stopped goes on where it was, and counts what is left until the batch is through") {
  net::shard s(0);
  net::pressure full;
  net::channel<int> c(s, 100, full);
  for (int i = 1; i <= 4; ++i) c.push(std::move(i), 20);
  CHECK(full.any());
  std::vector<int> got;
  const auto take = [&](int&& i) { got.push_back(i); };
  CHECK(c.drain(take, [&] { return got.size() < 2; }) == 2);
  CHECK(c.has_rest());
  CHECK(full.any());
  c.push(5, 10);  // behind the rest
  CHECK(c.drain(take, [] { return false; }) == 0);
  CHECK(c.bytes() == 90);
  CHECK(c.drain(take) == 2);
  CHECK_FALSE(c.has_rest());
  CHECK_FALSE(full.any());
  CHECK(c.bytes() == 10);
  CHECK(c.drain(take) == 1);
  CHECK(got == std::vector<int>{1, 2, 3, 4, 5});
  CHECK(c.bytes() == 0);
}

TEST_CASE("what is pushed while a batch is taken waits for the next one") {
  net::shard s(0);
  net::pressure full;
  net::channel<int> c(s, 0, full);
  c.push(1, 1);
  std::vector<int> got;
  CHECK(c.drain([&](int&& i) {
    got.push_back(i);
    if (i < 3) c.push(i + 1, 1);
  }) == 1);
  CHECK(got.size() == 1);
  c.drain([&](int&& i) { got.push_back(i); });
  CHECK(got == std::vector<int>{1, 2});
}

TEST_CASE("several producers on other threads: nothing lost, order of each kept") {
  net::shard s(0);
  net::pressure full;
  net::channel<std::pair<int, int>> c(s, 0, full);
  constexpr int producers = 3;
  constexpr int each = 20'000;
  std::vector<int> next(producers, 0);
  int count = 0;
  bool in_order = true;
  s.set_drain([&] {
    const bool any = c.drain([&](std::pair<int, int>&& item) {
      in_order = in_order && next[static_cast<std::size_t>(item.first)]++ == item.second;
      ++count;
    }) != 0;
    if (count == producers * each) s.stop();
    return any;
  });
  std::vector<std::thread> threads;
  for (int p = 0; p < producers; ++p) {
    threads.emplace_back([&c, p] {
      for (int i = 0; i < each; ++i) c.push_from_anywhere({p, i}, 8);
    });
  }
  s.run();
  for (auto& t : threads) t.join();
  CHECK(count == producers * each);
  CHECK(in_order);
}

namespace {

net::task<> wait_twice(net::signal& bell, int& woken) {
  co_await bell.wait();
  ++woken;
  co_await bell.wait();
  ++woken;
}

}  // namespace

TEST_CASE("a signal remembers one ring, and wakes who waits") {
  net::shard s(0);
  net::signal bell(s.get_executor());
  int woken = 0;
  bell.ring();  // before anybody waits
  bell.ring();  // still one
  s.spawn("test", wait_twice(bell, woken));
  s.io().poll();
  CHECK(woken == 1);
  bell.ring();
  CHECK(woken == 1);  // never inside of ring()
  s.io().poll();
  CHECK(woken == 2);
}

namespace {

net::task<> fails() {
  throw std::runtime_error("a bug");
  co_return;
}

}  // namespace

TEST_CASE("an exception that leaves a life is logged and costs nothing else") {
  static std::string logged;
  base::log::set_sink([](std::string_view line) { logged.append(line); });
  net::shard s(0);
  int later = 0;
  s.spawn("clumsy", fails());
  s.post([&] { ++later; });
  s.io().poll();
  base::log::set_sink(nullptr);
  CHECK(later == 1);
  CHECK(logged.find("clumsy") != std::string::npos);
  CHECK(logged.find("a bug") != std::string::npos);
}

TEST_CASE("a gate counts who is inside") {
  net::gate g;
  {
    const net::gate::pass one(g);
    net::gate::pass two(g);
    CHECK(g.inside() == 2);
    const net::gate::pass moved(std::move(two));
    CHECK(g.inside() == 2);
  }
  CHECK(g.inside() == 0);
}

TEST_CASE("a turn that has taken up what it was asked for meanwhile asks for no other") {
  net::shard s(0);
  net::pressure full;
  net::channel<int> c(s, 0, full);
  int rounds = 0;
  s.set_drain([&] {
    ++rounds;
    return c.drain([&](int&& i) {
      if (i < 2) c.push(i + 1, 1);
    }) != 0;
  });
  c.push(1, 1);
  while (s.io().poll_one() != 0) {
  }
  CHECK(rounds == 3);  // the item, the one that it brought, and a look that finds nothing
}

TEST_CASE("what a flush brings has a turn of its own; what is to be flushed then waits for no other turn") {
  struct writer : net::flushable {
    explicit writer(std::function<void()> w) : work(std::move(w)) {}
    void flush() override { work(); }
    std::function<void()> work;
  };
  net::shard s(0);
  net::pressure full;
  net::channel<int> c(s, 0, full);
  int flushed = 0, turns = 0;
  std::vector<int> got;
  writer second([&] { ++flushed; });
  writer first([&] {
    ++flushed;
    c.push(7, 1);
    s.request_flush(second);
  });
  s.set_drain([&] {
    ++turns;
    return c.drain([&](int&& i) { got.push_back(i); }) != 0;
  });
  s.request_flush(first);
  CHECK(s.io().poll_one() == 1);
  CHECK(flushed == 2);
  CHECK(got.empty());
  while (s.io().poll_one() != 0) {
  }
  CHECK(got == std::vector<int>{7});
  CHECK(flushed == 2);
  CHECK(turns == 3);
}

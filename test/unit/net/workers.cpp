#include "net/workers.hpp"

#include <doctest/doctest.h>

#include <asio/post.hpp>
#include <atomic>
#include <filesystem>
#include <future>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "net/shard.hpp"

using namespace couplet;
using net::workers;

namespace {

std::size_t threads_of_this_process() {
  const std::filesystem::directory_iterator all("/proc/self/task");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

/// A pool with a shard in front of it, whose loop the test runs.
struct desk {
  explicit desk(unsigned threads, std::size_t waiting) : pool(options(threads, waiting)) {}

  static workers::options options(unsigned threads, std::size_t waiting) {
    workers::options o;
    o.threads = threads;
    o.waiting = waiting;
    return o;
  }

  /// Hands `work` in on behalf of `whom`; what became of it is noted under `name`.
  void hand_in(std::string name, std::uint64_t whom, std::function<void()> work = nullptr) {
    ++open;
    shard.spawn("test", life(std::move(name), whom, std::move(work)));
    // The loop takes the job to the pool, before the next one is brought.
    while (shard.io().poll() != 0) {
    }
  }

  /// Keeps `count` threads busy until release().
  void occupy(unsigned count) {
    for (unsigned i = 0; i < count; ++i) {
      std::promise<void> began;
      auto is_busy = began.get_future();
      hand_in("busy", 1000 + i, [&] {
        began.set_value();
        released.wait();
      });
      is_busy.wait();
    }
  }
  void release() { release_.set_value(); }

  /// Runs the loop until all that was handed in has been answered.
  void finish() {
    while (open != 0) shard.io().run_one();
  }

  std::vector<std::string> executed() {
    const std::lock_guard lock(mutex);
    return order;
  }

  net::shard shard{0};
  std::mutex mutex;
  std::vector<std::string> order;     // in which they were executed
  std::vector<std::string> answered;  // name and what was answered
  std::size_t open = 0;
  std::promise<void> release_;
  std::shared_future<void> released = release_.get_future().share();
  workers pool;  // ends first, as it must

 private:
  net::task<> life(std::string name, std::uint64_t whom, std::function<void()> work) {
    std::function<void()> noted = [this, name, work] {
      {
        const std::lock_guard lock(mutex);
        order.push_back(name);
      }
      if (work) work();
    };
    std::string outcome = " refused";
    try {
      if (co_await pool.run(whom, noted)) outcome = " done";
    } catch (const std::exception& e) {
      outcome = std::string(" threw ") + e.what();
    }
    answered.push_back(name + outcome);
    --open;
  }
};

using names = std::vector<std::string>;

}  // namespace

TEST_CASE("workers: the work runs on another thread, and the life goes on on its own") {
  desk d(2, 8);
  std::thread::id worker;
  d.hand_in("a", 1, [&] { worker = std::this_thread::get_id(); });
  d.finish();
  CHECK(worker != std::thread::id());
  CHECK(worker != std::this_thread::get_id());
  CHECK(d.answered == names{"a done"});
}

TEST_CASE("workers: what the work throws comes out where it was awaited, and the thread goes on") {
  desk d(1, 8);
  d.hand_in("a", 1, [] { throw std::runtime_error("a bug"); });
  d.hand_in("b", 1);
  d.finish();
  CHECK(d.answered == names{"a threw a bug", "b done"});
}

TEST_CASE("workers: all threads work at the same time") {
  desk d(3, 8);
  d.occupy(3);
  d.hand_in("later", 1);
  CHECK(d.pool.waiting() == 1);
  d.release();
  d.finish();
  CHECK(d.answered.size() == 4);
}

TEST_CASE("workers: a full queue refuses at once, whatever runs") {
  desk d(1, 2);
  d.occupy(1);
  d.hand_in("a", 1);
  d.hand_in("b", 2);
  d.hand_in("c", 3);
  d.hand_in("d", 1);
  CHECK(d.answered == names{"c refused", "d refused"});
  d.release();
  d.finish();
  CHECK(d.executed() == names{"busy", "a", "b"});
}

TEST_CASE("workers: without a queue there is work for idle threads only") {
  desk d(1, 0);
  d.occupy(1);
  d.hand_in("a", 1);
  CHECK(d.answered == names{"a refused"});
  d.release();
  d.finish();
}

TEST_CASE("workers: everybody has his turn, however much another one brings") {
  desk d(1, 100);
  d.occupy(1);
  for (const char* name : {"a1", "a2", "a3", "a4"}) d.hand_in(name, 1);
  for (const char* name : {"b1", "b2"}) d.hand_in(name, 2);
  d.hand_in("c1", 3);
  d.release();
  d.finish();
  CHECK(d.executed() == names{"busy", "a1", "b1", "c1", "a2", "b2", "a3", "a4"});
}

TEST_CASE("SECURITY 13, workers: who floods is refused, and not who comes after him") {
  desk d(1, 4);
  d.occupy(1);
  for (int i = 0; i < 200; ++i) d.hand_in("flood" + std::to_string(i), 1);
  CHECK(d.answered.size() == 196);
  d.answered.clear();
  d.hand_in("b", 2);
  d.hand_in("c", 3);
  CHECK(d.answered == names{"flood3 refused", "flood2 refused"});
  d.hand_in("d", 4);
  CHECK(d.answered == names{"flood3 refused", "flood2 refused", "flood1 refused"});
  d.hand_in("e", 5);  // nobody has more than he would have
  CHECK(d.answered.back() == "e refused");
  d.release();
  d.finish();
  CHECK(d.executed() == names{"busy", "flood0", "b", "c", "d"});
}

TEST_CASE("SECURITY 13, workers: while they are all busy with bad logins, the shard's loop goes on") {
  desk d(2, 256);
  std::atomic<int> turns{0};
  // Each login is only done when the loop has turned meanwhile: on the shard's own thread it never would be.
  for (int i = 0; i < 200; ++i) {
    d.hand_in("login", static_cast<std::uint64_t>(i), [&] {
      const int seen = turns;
      while (turns == seen) std::this_thread::yield();
    });
  }
  std::function<void()> turn = [&] {
    ++turns;
    if (d.open != 0) d.shard.post(turn);
  };
  d.shard.post(turn);
  d.finish();
  CHECK(d.executed().size() == 200);
  CHECK(turns >= 100);
}

TEST_CASE("workers: stop answers what waits, refuses what comes, and lets what runs finish; no thread is left") {
  const auto before = threads_of_this_process();
  {
    desk d(2, 8);
    d.occupy(2);
    CHECK(threads_of_this_process() == before + 2);
    d.hand_in("a", 1);
    d.hand_in("b", 2);
    d.pool.stop();
    d.pool.stop();
    d.hand_in("c", 3);
    CHECK(d.answered == names{"a refused", "b refused", "c refused"});
    d.release();
    d.finish();
    CHECK(d.answered.size() == 5);
  }
  CHECK(threads_of_this_process() == before);
}

TEST_CASE("workers: lives that still wait when all ends are destroyed with their shard") {
  auto held = std::make_shared<int>(0);
  {
    desk d(1, 8);
    d.occupy(1);
    for (std::uint64_t i = 0; i < 5; ++i) d.hand_in("waits", i, [held] { ++*held; });
    d.release();
  }
  CHECK(held.use_count() == 1);
}

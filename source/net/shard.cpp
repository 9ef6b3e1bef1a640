#include "net/shard.hpp"

#include <asio/co_spawn.hpp>
#include <asio/post.hpp>
#include <exception>
#include <memory>
#include <utility>

#include "base/log.hpp"

namespace couplet::net {

namespace {
// Rounds of draining in one turn; what is left after them waits for the next turn, so that sockets are served meanwhile.
constexpr int drain_rounds = 4;
}  // namespace

/// What a turn leaves is for the next, also where a flush throws.
class shard::turn_mark {
 public:
  explicit turn_mark(shard& s) noexcept : shard_(s) { s.in_turn_ = true; }
  ~turn_mark() {
    shard_.in_turn_ = false;
    if (shard_.another_round_ || !shard_.dirty_.empty()) shard_.request_turn();
  }
  turn_mark(const turn_mark&) = delete;
  turn_mark& operator=(const turn_mark&) = delete;

 private:
  shard& shard_;
};

shard::shard(std::uint8_t index)
    : index_(index),
      wheel_(base::clock::now()),
      read_buffer_(read_bytes),
      io_(ASIO_CONCURRENCY_HINT_UNSAFE_IO),  // no lock for each descriptor: a life never leaves this thread
      poller_(poller::of(io_)),
      work_(io_.get_executor()),
      sweep_timer_(io_.get_executor()) {
  poller_.at_end_of_batch([this] {
    if (turn_requested_) turn();
  });
  sweep_later();
}

shard::~shard() = default;

void shard::run() {
  // A bug in one handler costs what it was doing, not the shard.
  while (!io_.stopped()) {
    try {
      io_.run();
    } catch (const std::exception& e) {
      base::log::error("a handler failed", {{"what", e.what()}});
    }
  }
}

void shard::stop() {
  io_.stop();
}

void shard::post(std::function<void()> work) {
  asio::post(io_, std::move(work));
}

/// The timer belongs to what waits for it, so that it goes with the loop, and not after it.
void shard::post_after(base::duration pause, std::function<void()> work) {
  auto timer = std::make_shared<decltype(sweep_timer_)>(io_.get_executor(), pause);
  auto& waits = *timer;
  waits.async_wait([timer = std::move(timer), work = std::move(work)](const asio::error_code& failed) {
    if (!failed) work();
  });
}

void shard::spawn(const char* label, task<> life) {
  asio::co_spawn(io_, std::move(life), [label](std::exception_ptr failure) {
    if (!failure) return;
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& e) {
      base::log::error("a life ended by an exception", {{"life", label}, {"what", e.what()}});
    } catch (...) {
      base::log::error("a life ended by an unknown exception", {{"life", label}});
    }
  });
}

void shard::request_turn() {
  another_round_ = true;
  if (turn_requested_ || in_turn_) return;
  turn_requested_ = true;
  if (poller_.is_in_batch()) return;
  asio::post(io_, [this] {
    if (turn_requested_) turn();  // it may have been at the end of a batch
  });
}

void shard::request_turn_from_anywhere() {
  if (remote_turn_requested_.exchange(true, std::memory_order_acq_rel)) return;
  asio::post(io_, [this] {
    // Read and written in one: so this sees what every producer appended who found a turn asked for already.
    remote_turn_requested_.exchange(false, std::memory_order_acq_rel);
    turn();
  });
}

void shard::turn() {
  turn_requested_ = false;
  const turn_mark inside(*this);
  bool more = true;
  try {
    for (int round = 0; more && round < drain_rounds; ++round) {
      another_round_ = false;
      more = drain_ && drain_();
    }
  } catch (const std::exception& e) {
    base::log::error("a turn failed; what is left is taken up in the next", {{"what", e.what()}});
  }
  while (!dirty_.empty()) dirty_.pop_front().flush();
  another_round_ = another_round_ || more;
}

void shard::sweep_later() {
  sweep_timer_.expires_after(deadlines::tick);
  sweep_timer_.async_wait([this](const asio::error_code& failed) {
    if (failed) return;
    sweep_later();  // first: whatever happens in a deadline, there will be others
    wheel_.advance(base::clock::now());
  });
}

}  // namespace couplet::net

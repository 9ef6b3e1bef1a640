#pragma once

#include <asio/async_result.hpp>
#include <asio/post.hpp>
#include <optional>
#include <utility>

#include "net/task.hpp"

namespace couplet::net {

/// Wakes one coroutine of the same shard. It remembers one ring while nobody waits, so no wake-up is lost between a look
/// at the state and the wait. Costs no timer and no allocation of its own.
class signal {
 public:
  explicit signal(executor ex) noexcept : executor_(ex) {}
  signal(const signal&) = delete;
  signal& operator=(const signal&) = delete;

  void ring() {
    if (!waiter_) {
      rung_ = true;
      return;
    }
    auto waiter = std::move(*waiter_);
    waiter_.reset();
    asio::post(executor_, std::move(waiter));  // never resumes inside of the caller
  }

  /// Waits for the next ring, or takes the one that came before. One waiter at a time.
  task<> wait() {
    return asio::async_initiate<token, void()>(
        [this](auto&& resumption) {
          waiter_.emplace(std::move(resumption));
          if (std::exchange(rung_, false)) ring();
        },
        token_);
  }

 private:
  using token = asio::use_awaitable_t<executor>;
  using handler = asio::async_result<token, void()>::handler_type;
  static inline token token_{};

  executor executor_;
  std::optional<handler> waiter_;
  bool rung_ = false;
};

}  // namespace couplet::net

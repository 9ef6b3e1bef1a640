#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

#include "net/shard.hpp"

namespace couplet::net {

/// How many queues of a process are fuller than they should be: what producers that can wait look at. From any thread.
class pressure {
 public:
  bool any() const noexcept { return full_.load() != 0; }
  void add() noexcept { full_.fetch_add(1); }
  void remove() noexcept { full_.fetch_sub(1); }

 private:
  std::atomic<int> full_{0};
};

/// *The* channel of this project: a queue with a byte budget carries the messages, one wake-up carries the news that there
/// are some. Many producers on any threads, one consumer: the shard that drains it in batches. Order is kept for each
/// producer. A message is never refused: above three quarters of the budget the channel raises the pressure, until it is drained,
/// so that producers slow down; it drops nothing.
template <class T>
class channel {
 public:
  /// `budget_bytes` 0: never too full. `p` must outlive the channel.
  channel(shard& consumer, std::size_t budget_bytes, pressure& p) noexcept
      : consumer_(consumer), high_water_(budget_bytes == 0 ? SIZE_MAX : budget_bytes - budget_bytes / 4), pressure_(p) {}
  channel(const channel&) = delete;
  channel& operator=(const channel&) = delete;

  /// From the consumer's own thread.
  void push(T&& item, std::size_t bytes) {
    if (append(std::move(item), bytes)) consumer_.request_turn();
  }
  /// From any other thread.
  void push_from_anywhere(T&& item, std::size_t bytes) {
    if (append(std::move(item), bytes)) consumer_.request_turn_from_anywhere();
  }

  /// Hands what is there now to `take(T&&)`, in order, as long as `go_on()` says so before each; answers how many. What is left of a batch
  /// comes first the next time. On the consumer's thread, not from inside `take`. Where `take` throws, the rest of the batch
  /// is lost: it catches what may happen to a single item.
  template <class Take, class GoOn>
  std::size_t drain(Take&& take, GoOn&& go_on) {
    if (next_ == draining_.size() && !take_batch()) return 0;
    batch_guard guard{*this};
    std::size_t count = 0;
    while (next_ != draining_.size()) {
      if (!go_on()) {
        guard.keep = true;
        return count;
      }
      take(std::move(draining_[next_++]));
      ++count;
    }
    return count;
  }
  /// All of it.
  template <class Take>
  std::size_t drain(Take&& take) {
    return drain(std::forward<Take>(take), [] { return true; });
  }

  /// Whether a drain was stopped before the end of a batch.
  bool has_rest() const noexcept { return next_ != draining_.size(); }

  /// Of all that was not taken yet; of a batch until its last item was.
  std::size_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::size_t kept_capacity = 4096;  ///< items; a burst's memory is not kept for ever

  struct batch_guard {
    channel& of;
    bool keep = false;
    ~batch_guard() {
      if (!keep) of.finish_batch();
    }
  };

  /// False: there is nothing.
  bool take_batch() {
    // Most drains find nothing, and a lock is dear. Who appends asks for a turn afterwards, and the turn begins with a read
    // of that request: so an item that this look misses has a turn of its own to come.
    if (bytes_.load(std::memory_order_acquire) == 0) return false;
    const std::lock_guard lock(mutex_);
    draining_.swap(incoming_);
    batch_bytes_ = bytes_.load(std::memory_order_relaxed);
    return !draining_.empty();
  }

  void finish_batch() noexcept {
    draining_.clear();
    next_ = 0;
    if (draining_.capacity() > kept_capacity) std::vector<T>().swap(draining_);
    bytes_.fetch_sub(std::exchange(batch_bytes_, 0));
    // An append that says "full" behind this look has put something in: the end of the next batch looks again.
    if (!full_.load()) return;
    const std::lock_guard lock(mutex_);
    if (bytes_.load() <= high_water_ && full_.exchange(false)) pressure_.remove();
  }

  /// Whether it was empty before.
  bool append(T&& item, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    incoming_.push_back(std::move(item));
    const auto more = std::max<std::size_t>(bytes, 1);
    const auto now = bytes_.fetch_add(more) + more;
    if (now > high_water_ && !full_.exchange(true)) pressure_.add();
    return incoming_.size() == 1;
  }

  shard& consumer_;
  std::size_t high_water_;
  pressure& pressure_;
  std::mutex mutex_;
  std::vector<T> incoming_;  ///< under the mutex
  std::vector<T> draining_;  ///< the batch that is being taken, from next_ on
  std::size_t next_ = 0;
  std::size_t batch_bytes_ = 0;
  std::atomic<std::size_t> bytes_{0};
  std::atomic<bool> full_{false};
};

}  // namespace couplet::net

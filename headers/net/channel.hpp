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

  /// Hands all that is there now to `take(T&&)`, in order; answers how many. On the consumer's thread, not from inside `take`. Where
  /// `take` throws, the rest of the batch is lost: it catches what may happen to a single item.
  template <class Take>
  std::size_t drain(Take&& take) {
    // Most drains find nothing, and a lock is dear. Who appends asks for a turn afterwards, and the turn begins with a read
    // of that request: so an item that this look misses has a turn of its own to come.
    if (bytes_.load(std::memory_order_acquire) == 0) return 0;
    {
      const std::lock_guard lock(mutex_);
      if (incoming_.empty()) return 0;
      incoming_.swap(draining_);
      bytes_.store(0, std::memory_order_relaxed);
      if (std::exchange(full_, false)) pressure_.remove();
    }
    const emptied guard{draining_};
    const auto count = draining_.size();
    for (auto& item : draining_) take(std::move(item));
    return count;
  }

  std::size_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::size_t kept_capacity = 4096;  ///< items; a burst's memory is not kept for ever

  struct emptied {
    std::vector<T>& items;
    ~emptied() {
      items.clear();
      if (items.capacity() > kept_capacity) std::vector<T>().swap(items);
    }
  };

  /// Whether it was empty before.
  bool append(T&& item, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    incoming_.push_back(std::move(item));
    const auto now = bytes_.load(std::memory_order_relaxed) + std::max<std::size_t>(bytes, 1);
    bytes_.store(now, std::memory_order_release);
    if (now > high_water_ && !std::exchange(full_, true)) pressure_.add();
    return incoming_.size() == 1;
  }

  shard& consumer_;
  std::size_t high_water_;
  pressure& pressure_;
  std::mutex mutex_;
  std::vector<T> incoming_;  ///< under the mutex, as are full_ and changes of bytes_
  std::vector<T> draining_;
  std::atomic<std::size_t> bytes_{0};
  bool full_ = false;
};

}  // namespace couplet::net

#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace couplet::net {

/// Counts the lives that run on a shard, so that a shutdown can wait until they have all returned. Lives go in and out on the
/// shard's thread; anybody may look.
class gate {
 public:
  /// Inside from construction to destruction.
  class pass {
   public:
    explicit pass(gate& g) noexcept : gate_(&g) { g.inside_.fetch_add(1, std::memory_order_relaxed); }
    pass(pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    pass& operator=(pass&&) = delete;
    ~pass() {
      if (gate_ != nullptr) gate_->inside_.fetch_sub(1, std::memory_order_release);
    }

   private:
    gate* gate_;
  };

  std::size_t inside() const noexcept { return inside_.load(std::memory_order_acquire); }

 private:
  std::atomic<std::size_t> inside_{0};
};

}  // namespace couplet::net

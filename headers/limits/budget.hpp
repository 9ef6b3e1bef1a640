#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace couplet::limits {

/// A number of bytes (or seats) that many share, from any thread. A limit of 0 means no limit.
class budget {
 public:
  explicit budget(std::size_t limit) noexcept : limit_(limit) {}

  /// Takes the amount, or nothing and answers false where it would pass the limit.
  bool try_take(std::size_t amount) noexcept {
    const auto before = used_.fetch_add(amount, std::memory_order_relaxed);
    if (limit_ == 0 || before + amount <= limit_) return true;
    used_.fetch_sub(amount, std::memory_order_relaxed);
    return false;
  }
  void give_back(std::size_t amount) noexcept { used_.fetch_sub(amount, std::memory_order_relaxed); }
  std::size_t used() const noexcept { return used_.load(std::memory_order_relaxed); }

 private:
  std::size_t limit_;
  std::atomic<std::size_t> used_{0};
};

/// A part of a budget that has been taken, and is given back when this goes.
class share {
 public:
  share(budget& whole, std::size_t amount) noexcept : whole_(&whole), amount_(amount) {}
  share(share&& other) noexcept : whole_(std::exchange(other.whole_, nullptr)), amount_(other.amount_) {}
  share& operator=(share&&) = delete;
  ~share() {
    if (whole_ != nullptr) whole_->give_back(amount_);
  }

 private:
  budget* whole_;
  std::size_t amount_;
};

}  // namespace couplet::limits

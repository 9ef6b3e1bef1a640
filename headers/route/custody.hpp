#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <utility>

namespace couplet::route {

class custody;

/// Counts, for one link of a c2s, which of its routes are done with: everything they led to has arrived where it was going, or has been
/// answered. Only then the c2s may forget them (XEP-0198's `h`). One owner, on one thread; the marks travel anywhere.
class receipts {
 public:
  static constexpr std::uint32_t news_after = 16;
  /// More routes than this cannot be under way at once.
  static constexpr std::uint64_t most_under_way = 32 * 1024;

  /// `news(context)` is called from any thread for every sixteenth route that is done with: the fewer that are left are found by settled(), when
  /// somebody asks. Both must be good until abandon().
  static receipts* make(void (*news)(void*), void* context) { return new receipts(news, context); }
  receipts(const receipts&) = delete;
  receipts& operator=(const receipts&) = delete;

  // By the owner.

  /// The next route has come. Precondition: !is_full().
  custody take();
  bool is_full() const noexcept { return taken_ - settled_ >= most_under_way; }
  /// How many have come so far.
  std::uint64_t taken() const noexcept { return taken_; }
  /// How many are done with, from the first on without a gap.
  std::uint64_t settled() noexcept;
  /// The owner's last call: nobody wants to know any more.
  void abandon() noexcept;

 private:
  friend class custody;
  receipts(void (*news)(void*), void* context) : news_(news), context_(context) {}
  void add(std::uint64_t number) noexcept;
  void remove(std::uint64_t number) noexcept;
  void drop() noexcept;

  void (*const news_)(void*);
  std::atomic<void*> context_;
  std::atomic<std::uint32_t> done_{0};
  std::atomic<std::uint64_t> holders_{1};  ///< marks and the owner
  std::uint64_t taken_ = 0;
  std::uint64_t settled_ = 0;
  std::array<std::atomic<std::uint32_t>, most_under_way> marks_{};
};

/// A mark on everything that one route leads to. While there is one, the c2s that wrote the route keeps it.
class custody {
 public:
  custody() noexcept = default;
  custody(const custody& other) noexcept : of_(other.of_), number_(other.number_) {
    if (of_ != nullptr) of_->add(number_);
  }
  custody(custody&& other) noexcept : of_(std::exchange(other.of_, nullptr)), number_(other.number_) {}
  custody& operator=(custody other) noexcept {
    std::swap(of_, other.of_);
    std::swap(number_, other.number_);
    return *this;
  }
  ~custody() {
    if (of_ != nullptr) of_->remove(number_);
  }
  explicit operator bool() const noexcept { return of_ != nullptr; }
  bool is_of(const receipts& whose) const noexcept { return of_ == &whose; }
  /// All the same: marks say nothing of what a message is.
  friend bool operator==(const custody&, const custody&) noexcept { return true; }

 private:
  friend class receipts;
  custody(receipts* of, std::uint64_t number) noexcept : of_(of), number_(number) {}

  receipts* of_ = nullptr;
  std::uint64_t number_ = 0;
};

}  // namespace couplet::route

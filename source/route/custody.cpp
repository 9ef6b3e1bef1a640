#include "route/custody.hpp"

namespace couplet::route {

custody receipts::take() {
  const auto number = ++taken_;
  marks_[number % most_under_way].store(1, std::memory_order_relaxed);
  holders_.fetch_add(1, std::memory_order_relaxed);
  return custody(this, number);
}

std::uint64_t receipts::settled() noexcept {
  while (settled_ < taken_ && marks_[(settled_ + 1) % most_under_way].load() == 0) ++settled_;
  return settled_;
}

void receipts::abandon() noexcept {
  context_.store(nullptr);
  drop();
}

void receipts::add(std::uint64_t number) noexcept {
  marks_[number % most_under_way].fetch_add(1, std::memory_order_relaxed);
  holders_.fetch_add(1, std::memory_order_relaxed);
}

void receipts::remove(std::uint64_t number) noexcept {
  const bool was_last = marks_[number % most_under_way].fetch_sub(1) == 1;
  if (was_last && (done_.fetch_add(1) + 1) % news_after == 0) {
    if (auto* const context = context_.load()) news_(context);
  }
  drop();
}

void receipts::drop() noexcept {
  if (holders_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
}

}  // namespace couplet::route

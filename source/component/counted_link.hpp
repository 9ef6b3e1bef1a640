#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "route/custody.hpp"

namespace couplet::component {

/// The marks of pieces that are not acknowledged, in order. Its memory is used again: there is one for each stanza.
class mark_queue {
 public:
  void push(route::custody mark) {
    // Room is made by moving what is left to the front, where that is at most half.
    if (marks_.size() == marks_.capacity() && first_ >= marks_.size() / 2) {
      std::move(marks_.begin() + static_cast<std::ptrdiff_t>(first_), marks_.end(), marks_.begin());
      marks_.resize(marks_.size() - std::exchange(first_, 0));
    }
    marks_.push_back(std::move(mark));
  }
  void pop(std::uint64_t count) {
    for (; count != 0 && first_ != marks_.size(); --count) marks_[first_++] = route::custody();
    if (first_ != marks_.size()) return;
    marks_.clear();
    first_ = 0;
  }
  /// Drops the marks that are not of `whose`; their places stay.
  void keep_only(const route::receipts& whose) {
    for (auto& mark : marks_) {
      if (!mark.is_of(whose)) mark = route::custody();
    }
  }

 private:
  std::vector<route::custody> marks_;
  std::size_t first_ = 0;  ///< those before it are gone
};

/// A c2s' link whose routes are counted (XEP-0198), over all its connections.
struct counted_link {
  counted_link(std::uint64_t id_, route::receipts* receipts_) : id(id_), receipts(receipts_) {}
  ~counted_link() { receipts->abandon(); }
  counted_link(const counted_link&) = delete;
  counted_link& operator=(const counted_link&) = delete;

  /// The c2s has so many more of our pieces: whoever waited for them to arrive hears of it.
  void acknowledge(std::uint64_t more) {
    acknowledged += more;
    marks.pop(more);
  }

  const std::uint64_t id;
  route::receipts* const receipts;  ///< of what the c2s writes
  mark_queue marks;                 ///< of the pieces that it has not acknowledged
  std::uint64_t sent = 0;           ///< pieces
  std::uint64_t acknowledged = 0;
  std::uint64_t told = 0;  ///< how much we last said was handled
};

}  // namespace couplet::component

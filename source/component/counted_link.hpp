#pragma once

#include <cstdint>
#include <deque>

#include "route/custody.hpp"

namespace couplet::component {

/// A c2s' link whose routes are counted (XEP-0198), over all its connections.
struct counted_link {
  counted_link(std::uint64_t id_, route::receipts* receipts_) : id(id_), receipts(receipts_) {}
  ~counted_link() { receipts->abandon(); }
  counted_link(const counted_link&) = delete;
  counted_link& operator=(const counted_link&) = delete;

  /// The c2s has so many more of our pieces: whoever waited for them to arrive hears of it.
  void acknowledge(std::uint64_t more) {
    acknowledged += more;
    for (; more != 0 && !marks.empty(); --more) marks.pop_front();
  }

  const std::uint64_t id;
  route::receipts* const receipts;   ///< of what the c2s writes
  std::deque<route::custody> marks;  ///< of the pieces that it has not acknowledged, in order
  std::uint64_t sent = 0;            ///< pieces
  std::uint64_t acknowledged = 0;
  std::uint64_t told = 0;  ///< how much we last said was handled
};

}  // namespace couplet::component

#include "net/deadlines.hpp"

#include <algorithm>

namespace couplet::net {

std::uint64_t deadlines::tick_of(base::time_point t) const noexcept {
  return t <= start_ ? 0 : static_cast<std::uint64_t>((t - start_) / tick);
}

void deadlines::set(has_deadline& item, base::time_point when) noexcept {
  // One tick later than the one it falls into, so that it is never met early; never one that was swept already.
  item.tick_ = std::max(tick_of(when) + 1, swept_ + 1);
  wheel_[item.tick_ % slots].push_back(item);
}

void deadlines::advance(base::time_point now) {
  const auto last = tick_of(now);
  if (last <= swept_) return;
  // After a long pause every slot is looked at once; what is due further on stays for its own round.
  const auto first = std::max(swept_ + 1, last >= slots ? last - slots + 1 : 0);
  swept_ = last;
  for (auto t = first; t <= last; ++t) {
    intrusive_list<has_deadline, deadline_tag> due;
    auto& slot = wheel_[t % slots];
    due.take_all(slot);
    while (!due.empty()) {
      auto& item = due.pop_front();
      if (item.tick_ > last) {
        slot.push_back(item);
      } else {
        item.on_deadline(now);
      }
    }
  }
}

}  // namespace couplet::net

#include "credentials/tally.hpp"

#include "base/log.hpp"

namespace couplet::credentials {

namespace {
constexpr auto quiet_time = std::chrono::minutes(1);
}  // namespace

void tally::answered(sasl::answer::verdict v, std::string_view why, base::time_point now) {
  using enum sasl::answer::verdict;
  switch (v) {
    case right: right_.fetch_add(1, std::memory_order_relaxed); break;
    case wrong: wrong_.fetch_add(1, std::memory_order_relaxed); break;
    case keys: keys_.fetch_add(1, std::memory_order_relaxed); break;
    case unavailable: unavailable_.fetch_add(1, std::memory_order_relaxed); return on_unavailable(why, now);
  }
  if (warned_.load(std::memory_order_relaxed)) on_back();
}

void tally::on_unavailable(std::string_view why, base::time_point now) {
  if (silent_) return;
  {
    const std::lock_guard lock(mutex_);
    if (warned_ || now < quiet_until_) return;
    warned_ = true;
    quiet_until_ = now + quiet_time;
  }
  base::log::warning("what checks the passwords does not answer; logins fail meanwhile", {{"back_end", name_}, {"why", why}});
}

void tally::on_back() {
  {
    const std::lock_guard lock(mutex_);
    if (!warned_) return;
    warned_ = false;
  }
  base::log::info("what checks the passwords answers again", {{"back_end", name_}});
}

counts tally::so_far() const noexcept {
  counts c;
  c.right = right_.load(std::memory_order_relaxed);
  c.wrong = wrong_.load(std::memory_order_relaxed);
  c.unavailable = unavailable_.load(std::memory_order_relaxed);
  c.keys = keys_.load(std::memory_order_relaxed);
  c.asked = asked_.load(std::memory_order_relaxed);
  return c;
}

}  // namespace couplet::credentials

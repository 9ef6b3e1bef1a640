#include "client/left_names.hpp"

#include <utility>

namespace couplet::client {

bool left_names::add(const std::string& name, when_seen seen) {
  const std::lock_guard lock(mutex_);
  const auto [at, is_new] = names_.try_emplace(name);
  if (!is_new) return false;
  at->second.unseen = shards_;
  at->second.seen = std::move(seen);
  count_.store(names_.size());
  return true;
}

void left_names::look_again(const std::string& name, when_seen seen) {
  const std::lock_guard lock(mutex_);
  const auto at = names_.find(name);
  if (at == names_.end()) return;
  at->second.unseen = shards_;
  at->second.taken = false;
  at->second.seen = std::move(seen);
}

void left_names::remove(const std::string& name) {
  std::vector<std::function<void()>> waiters;
  {
    const std::lock_guard lock(mutex_);
    const auto at = names_.find(name);
    if (at == names_.end()) return;
    waiters = std::move(at->second.waiters);
    names_.erase(at);
    count_.store(names_.size());
  }
  for (const auto& go_on : waiters) go_on();
}

bool left_names::wait_for(const std::string& name, std::function<void()> when_free) {
  if (!any()) return false;
  const std::lock_guard lock(mutex_);
  const auto at = names_.find(name);
  if (at == names_.end()) return false;
  at->second.waiters.push_back(std::move(when_free));
  return true;
}

left_names::looked_for left_names::begin_look() const {
  looked_for all;
  const std::lock_guard lock(mutex_);
  for (const auto& [name, e] : names_) {
    if (e.unseen.any()) all.emplace(name, false);
  }
  return all;
}

void left_names::end_look(std::uint8_t shard, const looked_for& found) {
  std::vector<std::pair<when_seen, bool>> done;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, is_there] : found) {
      const auto at = names_.find(name);
      if (at == names_.end() || at->second.unseen.none()) continue;
      auto& e = at->second;
      e.taken = e.taken || is_there;
      e.unseen.reset(shard);
      if (e.unseen.none()) done.emplace_back(std::exchange(e.seen, nullptr), e.taken);
    }
  }
  for (const auto& [seen, taken] : done) {
    if (seen) seen(taken);
  }
}

}  // namespace couplet::client

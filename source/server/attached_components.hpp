#pragma once

#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace couplet::server {

/// Which components are connected: known by the listener's shard, asked for by all partitions. From any thread.
class attached_components {
 public:
  void note(std::string_view name, bool is_there) {
    const std::lock_guard lock(mutex_);
    if (is_there) {
      names_.emplace(name);
    } else if (const auto found = names_.find(name); found != names_.end()) {
      names_.erase(found);
    }
  }
  /// Sorted.
  std::vector<std::string> names() const {
    const std::lock_guard lock(mutex_);
    return {names_.begin(), names_.end()};
  }

 private:
  mutable std::mutex mutex_;
  std::set<std::string, std::less<>> names_;
};

}  // namespace couplet::server

#pragma once

#include <atomic>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace couplet::client {

/// The full JIDs of clients that have left and have something to be said still, of all shards: so that nobody who logs in as one of them comes
/// before it, and nobody who has a session as one of them loses it to the one that is asked for in its name. Any thread may call. What is to be called
/// is called on whichever thread makes it due, without a lock held.
class left_names {
 public:
  /// `taken`: somebody who is connected has, or asks for, this very session.
  using when_seen = std::function<void(bool taken)>;

  /// Each shard that has clients, before any of them runs.
  void add_shard(std::uint8_t index) noexcept { shards_.set(index); }

  bool any() const noexcept { return count_.load() != 0; }
  /// `seen` is called once, when each shard has looked for somebody who has the name. False: it is there already, of another client.
  bool add(const std::string& name, when_seen seen);
  /// The same anew, for a name that is there.
  void look_again(const std::string& name, when_seen seen);
  /// What it had to say is said, or never will be: those who wait for the name go on.
  void remove(const std::string& name);
  /// Whether the name is there; then `when_free` is called once, when it is no more.
  bool wait_for(const std::string& name, std::function<void()> when_free);

  /// What a shard looks for: by name, whether it was found.
  using looked_for = std::unordered_map<std::string, bool>;
  looked_for begin_look() const;
  void end_look(std::uint8_t shard, const looked_for& found);

 private:
  static constexpr std::size_t most_shards = 256;
  struct entry {
    std::bitset<most_shards> unseen;
    bool taken = false;
    when_seen seen;
    std::vector<std::function<void()>> waiters;
  };

  mutable std::mutex mutex_;
  std::unordered_map<std::string, entry> names_;  ///< under mutex_
  std::bitset<most_shards> shards_;
  std::atomic<std::size_t> count_{0};
};

}  // namespace couplet::client

#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "embedded_manager.hpp"
#include "hub/switchboard.hpp"
#include "muc/service.hpp"
#include "net/channel.hpp"
#include "storage/rooms.hpp"
#include "storage/store.hpp"

namespace couplet::server {

/// Group chat on the shard of the component listener: it gets the stanzas for its names there, as a component would, and what it sends goes to
/// the accounts, or the way of stanzas to other domains. Also who answers for other domains where there is no component listener.
///
/// One message to a room becomes many. So it takes no further stanza while much of what it has made waits for a partition.
class group_chat final : public hub::other_domains {
 public:
  /// `board`: of that shard. `domains`: those of the accounts. `managers`: their partitions. `store`: null: nothing lasts. All must outlive this.
  group_chat(muc::settings s, hub::switchboard& board, std::size_t queue_bytes, const std::vector<std::string>& domains,
             const std::vector<std::unique_ptr<embedded_manager>>& managers, storage::store* store);

  bool serves(std::string_view domain) const noexcept { return service_.serves(domain); }
  /// Before the shards run.
  bool add_stored_room(storage::room&& r);

  /// A stanza to one of its names: a text of the pool, with from and to. On its shard.
  void take(std::string&& xml);
  /// hub::other_domains: the same, or one to a domain that nobody has.
  void on_stanza(std::string&& xml) override;
  /// An account is no more. From any shard.
  void on_account_removed(const std::string& bare_jid);
  /// Everybody in a room is told that the service ends. On its shard.
  void say_goodbye();
  /// All rooms go. On its shard.
  void reset();
  /// A partition has taken what waited for it. From any shard.
  void on_relief();

 private:
  bool drain();
  bool may_go_on() const noexcept;
  void apply(muc::effects& made);
  void route(std::string&& xml);
  void keep(muc::storage_request&& q);
  void on_stored(std::uint64_t number, storage::outcome what);

  hub::switchboard& board_;
  const std::vector<std::string>& domains_;
  const std::vector<std::unique_ptr<embedded_manager>>& managers_;
  storage::store* const store_;
  muc::service service_;
  muc::effects effects_;
  net::channel<std::string> inbox_;
  std::atomic<bool> waits_{false};  ///< for a partition
};

}  // namespace couplet::server

#pragma once

#include <functional>
#include <vector>

#include "hub/switchboard.hpp"
#include "net/channel.hpp"
#include "session/manager.hpp"
#include "stored_accounts.hpp"
#include "stored_entries.hpp"

namespace couplet::server {

/// One partition of the embedded session manager on its shard: takes routes from the switchboard and deliveries from the other
/// partitions, and sends out what the machine asks for.
class embedded_manager final : public hub::manager {
 public:
  /// `queue_bytes`: what may wait from other partitions before clients have to wait; 0: no limit.
  /// `all`: every partition by number; filled before the shards run. `stored`: who knows the accounts that are stored; null: none is, and
  /// the settings say so. `lasting`: what else is stored, of all accounts. All must outlive this.
  embedded_manager(const session::settings& s, std::uint32_t partition, hub::switchboard& board, std::size_t queue_bytes,
                   const std::vector<std::unique_ptr<embedded_manager>>& all, stored_accounts* stored, storage::store& lasting);

  void on_route(route::message&& m) override;
  /// A stanza of a component, to an account of this partition or to the server. From any shard.
  void deliver(std::string&& xml);
  /// What waits from other partitions and components, in bytes. From any shard.
  std::size_t waiting_bytes() const noexcept { return deliveries_.bytes(); }
  /// Called behind each batch of that which was taken, on this one's shard. Set before the shards run.
  void set_relief(std::function<void()> tell) { relief_ = std::move(tell); }
  /// Called with the bare JID of each account that is removed, on this one's shard. Set before the shards run.
  void set_on_removal(std::function<void(const std::string&)> tell) { on_removal_ = std::move(tell); }
  /// Called before everything that is stored is removed: other parts of the house empty themselves, and then `then` is called, on this one's
  /// shard. Set before the shards run.
  void set_reset_of_others(std::function<void(std::function<void()> then)> empty) { reset_of_others_ = std::move(empty); }
  session::manager& partition() noexcept { return partition_; }

 private:
  bool drain_deliveries();
  void apply(const route::trace& cause);
  void ask_storage(session::storage_request&& r, const route::trace& cause);
  void on_entries(std::uint64_t number, session::storage_answer&& answer, const route::trace& cause);
  net::task<> work_on(session::account_request r, route::trace cause);

  hub::switchboard& board_;
  const std::vector<std::unique_ptr<embedded_manager>>& all_;
  stored_accounts* const stored_;
  stored_entries entries_;
  session::manager partition_;
  /// Of what the storage is asked for and has not done. What the store takes is shared by all shards: beyond it, what nobody waits for would be lost.
  static constexpr std::size_t most_asked = 512;
  std::size_t asked_ = 0;
  bool storage_is_slow_ = false;
  session::effects effects_;
  net::channel<session::delivery> deliveries_;
  std::function<void()> relief_;
  std::function<void(const std::string&)> on_removal_;
  std::function<void(std::function<void()>)> reset_of_others_;
};

}  // namespace couplet::server

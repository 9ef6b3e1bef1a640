#pragma once

#include <functional>
#include <vector>

#include "hub/switchboard.hpp"
#include "net/channel.hpp"
#include "session/manager.hpp"
#include "stored_accounts.hpp"

namespace couplet::server {

/// One partition of the embedded session manager on its shard: takes routes from the switchboard and deliveries from the other
/// partitions, and sends out what the machine asks for.
class embedded_manager final : public hub::manager {
 public:
  /// `queue_bytes`: what may wait from other partitions before clients have to wait; 0: no limit.
  /// `all`: every partition by number; filled before the shards run. `stored`: who knows the accounts that are stored; null: none is, and
  /// the settings say so. Both must outlive this.
  embedded_manager(const session::settings& s, std::uint32_t partition, hub::switchboard& board, std::size_t queue_bytes,
                   const std::vector<std::unique_ptr<embedded_manager>>& all, stored_accounts* stored);

  void on_route(route::message&& m) override;
  /// A stanza of a component, to an account of this partition or to the server. From any shard.
  void deliver(std::string&& xml);
  session::manager& partition() noexcept { return partition_; }

 private:
  bool drain_deliveries();
  void apply(const route::trace& cause);
  net::task<> work_on(session::account_request r, route::trace cause);

  hub::switchboard& board_;
  const std::vector<std::unique_ptr<embedded_manager>>& all_;
  stored_accounts* const stored_;
  session::manager partition_;
  session::effects effects_;
  net::channel<session::delivery> deliveries_;
};

}  // namespace couplet::server

#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "credentials/lanes.hpp"
#include "credentials/source.hpp"
#include "net/shard.hpp"
#include "net/workers.hpp"
#include "session/manager.hpp"
#include "stored_accounts.hpp"

namespace couplet::server {

/// What the accounts of this process know, for the logins of one shard. An account lives on the shard of its partition, so
/// a question goes there and its answer comes back.
///
/// Names without account look like the others: their salt comes from the same place, keys that nothing fits are made for them, and a
/// refusal comes at the same time after the question for keys, whatever the reason was. Under load as well: who is refused has waited for the
/// workers once, be it for the keys of his account or for the same work for nothing, and where they are too busy everybody hears that.
class embedded_credentials final : public credentials::source {
 public:
  /// `shards` and `partitions`: all of them, by number. `lanes`: the same for all shards. `own`: where logins ask. `stored`: who knows the accounts that the partitions have
  /// the names of only; null: there are none. All must outlive this.
  embedded_credentials(net::shard& own, const std::vector<std::unique_ptr<net::shard>>& shards,
                       const std::vector<session::manager*>& partitions, net::workers& workers, const credentials::lanes& lanes,
                       const std::string& process_secret, stored_accounts* stored = nullptr);

  net::task<sasl::answer> ask(sasl::question q) override;
  bool has_keys() const noexcept override { return true; }
  std::string_view name() const noexcept override { return "accounts"; }

 private:
  net::task<sasl::answer> keys_of(sasl::question q);
  net::task<sasl::answer> check_password(sasl::question q);
  net::task<> look_up(const base::jid& who, std::function<void(session::manager&)> look);
  net::task<sasl::answer> challenge_for(sasl::question q);
  net::task<> derive_missing(const sasl::question& q, sasl::scram_keys& keys, std::string& password, bool& done);
  net::task<bool> derive_for_nobody(const sasl::question& q);
  net::task<sasl::answer> pause(sasl::question q);

  net::shard& own_;
  const std::vector<std::unique_ptr<net::shard>>& shards_;
  const std::vector<session::manager*>& partitions_;
  net::workers& workers_;
  const std::string& process_secret_;
  stored_accounts* const stored_;
  const credentials::lanes& lanes_;
};

}  // namespace couplet::server

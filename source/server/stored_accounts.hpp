#pragma once

#include <functional>
#include <string>

#include "credentials/recent_successes.hpp"
#include "net/shard.hpp"
#include "net/workers.hpp"
#include "sasl/credentials.hpp"
#include "session/account_request.hpp"
#include "storage/accounts.hpp"
#include "storage/store.hpp"

namespace couplet::server {

/// The accounts that are stored: brings together the store, which does not know shards, and the session manager and its logins, which do not
/// wait for disks. Passwords are hashed by the workers, off the shards' threads. All shards share one; lives ask it on their own.
class stored_accounts {
 public:
  /// `process_secret`: what salts come from, as old as the database. `keep_passwords`: also as they were given. All must outlive this.
  stored_accounts(storage::store& where, net::workers& hashing, const std::string& process_secret, bool keep_passwords);

  /// What a partition asks for. `own`: its shard, where this resumes. A refusal comes 100 ms after the question, and after the same work for
  /// every name; where too many want that, it is `full`, for every name as well.
  net::task<session::account_outcome> answer(net::shard& own, session::account_request q);

  /// The keys of an account, or decoys where there is none; `unavailable` where that can't be found out.
  net::task<sasl::answer> keys_of(net::shard& own, std::string bare_jid, sasl::scram_hash hash);

 private:
  using ask_store = bool (storage::store::*)(storage::store::job, storage::store::answer, std::size_t);

  net::task<storage::outcome> run(net::shard& own, ask_store how, storage::store::job what);
  net::task<session::account_outcome> check(net::shard& own, session::account_request& q);
  net::task<session::account_outcome> check_password(net::shard& own, session::account_request& q);
  net::task<session::account_outcome> check_digest(net::shard& own, session::account_request& q);
  net::task<session::account_outcome> change(net::shard& own, session::account_request& q);
  net::task<session::account_outcome> remove(net::shard& own, session::account_request& q);
  storage::credentials derive(const session::account_request& q) const;

  storage::store& where_;
  net::workers& hashing_;
  const std::string& process_secret_;
  const bool keep_passwords_;
  credentials::recent_successes recent_;
};

}  // namespace couplet::server

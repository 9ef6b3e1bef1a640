#include "embedded_credentials.hpp"

#include <asio/steady_timer.hpp>
#include <utility>

#include "base/digest.hpp"
#include "net/signal.hpp"
#include "sasl/plain.hpp"

namespace couplet::server {

using asked = sasl::question::kind;
using verdict = sasl::answer::verdict;

namespace {

/// When a refusal is told, counted from the question for keys: later than the slowest derivation of a quiet server.
constexpr auto refusals_after = std::chrono::milliseconds(100);

using refusal_timer = asio::basic_waitable_timer<base::clock, asio::wait_traits<base::clock>, net::executor>;

}  // namespace

embedded_credentials::embedded_credentials(net::shard& own, const std::vector<std::unique_ptr<net::shard>>& shards,
                                           const std::vector<session::manager*>& partitions, net::workers& workers,
                                           const credentials::lanes& lanes, const std::string& process_secret,
                                           stored_accounts* stored)
    : own_(own),
      shards_(shards),
      partitions_(partitions),
      workers_(workers),
      process_secret_(process_secret),
      stored_(stored),
      lanes_(lanes) {}

net::task<sasl::answer> embedded_credentials::ask(sasl::question q) {
  switch (q.what) {
    case asked::challenge: co_return co_await challenge_for(std::move(q));
    case asked::keys: co_return co_await keys_of(std::move(q));
    case asked::password: co_return co_await check_password(std::move(q));
    case asked::pause: co_return co_await pause(std::move(q));
    case asked::account: break;
  }
  bool there = false;
  const std::string bare(q.who.bare());
  const std::function<void(session::manager&)> look = [&there, &bare](session::manager& m) { there = m.has_account(bare); };
  co_await look_up(q.who, look);
  co_return sasl::answer(there ? verdict::right : verdict::wrong);
}

/// The same for every name. At once; or where accounts are stored, after one look into the storage, since those from elsewhere have
/// salts of their own.
net::task<sasl::answer> embedded_credentials::challenge_for(sasl::question q) {
  // The keys themselves are asked for later.
  sasl::answer usual(sasl::scram_keys(sasl::salt_for(process_secret_, q.hash, q.who.bare()), sasl::default_iterations, {}, {}));
  if (stored_ == nullptr) co_return usual;
  bool configured = false;
  const std::string bare(q.who.bare());
  const std::function<void(session::manager&)> look = [&](session::manager& m) { configured = m.password_of(bare).has_value(); };
  co_await look_up(q.who, look);
  auto stored = co_await stored_->keys_of(own_, bare, q.hash);
  if (configured) co_return usual;
  co_return stored;
}

/// Runs `look` on the thread of the account's partition and comes back.
net::task<> embedded_credentials::look_up(const base::jid& who, std::function<void(session::manager&)> look) {
  const auto place = session::partition_of(who.bare(), static_cast<std::uint32_t>(partitions_.size()));
  auto& manager = *partitions_[place];
  if (place == own_.index()) {
    look(manager);
    co_return;
  }
  net::signal done(own_.get_executor());
  std::function<void()> there = [this, &look, &manager, &done] {
    look(manager);
    own_.post([&done] { done.ring(); });
  };
  shards_[place]->post(std::move(there));
  co_await done.wait();
}

net::task<sasl::answer> embedded_credentials::keys_of(sasl::question q) {
  const auto now = own_.now();
  const std::string bare(q.who.bare());
  std::optional<sasl::scram_keys> known;
  std::optional<std::string> password;
  const std::function<void(session::manager&)> look = [&](session::manager& m) {
    known = m.keys_of(bare, q.hash);
    if (!known) password = m.password_of(bare);
  };
  co_await look_up(q.who, look);
  if (!known && !password && stored_ != nullptr) {
    auto stored = co_await stored_->keys_of(own_, bare, q.hash);
    stored.asked_at = now;
    co_return stored;
  }
  auto keys = known ? std::move(*known) : sasl::decoy_keys(process_secret_, q.hash, bare, sasl::default_iterations);
  bool done = true;
  if (!known && password) co_await derive_missing(q, keys, *password, done);
  if (!done) co_return sasl::answer(verdict::unavailable);
  sasl::answer a(std::move(keys));
  a.asked_at = now;
  a.derived = !known && password;
  co_return a;
}

/// Keys with the salt that stands in `keys`. `done` false: there are too many who want that just now.
net::task<> embedded_credentials::derive_missing(const sasl::question& q, sasl::scram_keys& keys, std::string& password,
                                                 bool& done) {
  const std::string bare(q.who.bare());
  const std::function<void()> derive = [&keys, &password, hash = q.hash] {
    keys = sasl::derive_keys(hash, sasl::prepare_password(password), keys.salt, keys.iterations);
  };
  done = co_await workers_.run(lanes_.of(q), derive);
  if (!done) co_return;
  const std::function<void(session::manager&)> keep = [&](session::manager& m) { m.keep_keys(bare, q.hash, keys, password); };
  co_await look_up(q.who, keep);
}

/// What derive_missing() costs, in the same queue. False: there are too many who want that just now.
net::task<bool> embedded_credentials::derive_for_nobody(const sasl::question& q) {
  const std::function<void()> derive = [this, &q] {
    const auto salt = sasl::salt_for(process_secret_, q.hash, q.who.bare());
    static_cast<void>(sasl::derive_keys(q.hash, "nobody's", salt, sasl::default_iterations));
  };
  const bool done = co_await workers_.run(lanes_.of(q), derive);
  co_return done;
}

net::task<sasl::answer> embedded_credentials::pause(sasl::question q) {
  bool done = q.derived;
  if (!done) done = co_await derive_for_nobody(q);
  if (!done) co_return sasl::answer(verdict::unavailable);
  refusal_timer t(own_.get_executor());
  t.expires_at(q.asked_at + refusals_after);
  co_await t.async_wait(net::as_result);
  co_return sasl::answer(verdict::wrong);
}

net::task<sasl::answer> embedded_credentials::check_password(sasl::question q) {
  std::optional<std::string> password;
  const std::string bare(q.who.bare());
  const std::function<void(session::manager&)> look = [&](session::manager& m) { password = m.password_of(bare); };
  co_await look_up(q.who, look);
  const bool right = base::equal_in_constant_time(q.password, password.value_or(std::string())) && password.has_value();
  co_return sasl::answer(right ? verdict::right : verdict::wrong);
}

}  // namespace couplet::server

#include "stored_accounts.hpp"

#include <asio/steady_timer.hpp>
#include <utility>

#include "base/digest.hpp"
#include "base/secret.hpp"
#include "net/signal.hpp"
#include "sasl/plain.hpp"

namespace couplet::server {

using session::account_outcome;
using kind = session::account_request::kind;

namespace {

/// As after a question for keys (embedded_credentials): later than the slowest derivation of a quiet server.
constexpr auto refusal_after = std::chrono::milliseconds(100);

using late_timer = asio::basic_waitable_timer<base::clock, asio::wait_traits<base::clock>, net::executor>;

account_outcome answer_for(storage::outcome o) noexcept {
  switch (o) {
    case storage::outcome::done: return account_outcome::done;
    case storage::outcome::exists: return account_outcome::exists;
    case storage::outcome::missing: return account_outcome::missing;
    case storage::outcome::over_limit:
    case storage::outcome::full:
    case storage::outcome::busy: return account_outcome::full;
    case storage::outcome::failed: break;
  }
  return account_outcome::unavailable;
}

std::uint64_t lane_of(std::string_view bare_jid) noexcept {
  return std::hash<std::string_view>()(bare_jid);
}

/// What a password is checked against: the first that there is of these.
constexpr sasl::scram_hash preferred[] = {sasl::scram_hash::sha256, sasl::scram_hash::sha512, sasl::scram_hash::sha1};

/// Where nobody has keys, decoys take as long.
std::pair<sasl::scram_hash, sasl::scram_keys> keys_to_check(const std::optional<storage::credentials>& found,
                                                            const std::string& secret, std::string_view bare_jid) {
  for (const auto hash : preferred) {
    const auto& keys = found ? found->keys[static_cast<std::size_t>(hash)] : std::nullopt;
    if (keys) return {hash, *keys};
  }
  return {preferred[0], sasl::decoy_keys(secret, preferred[0], bare_jid, sasl::default_iterations)};
}

std::string lower_case(std::string hex) {
  for (char& c : hex) c = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  return hex;
}

}  // namespace

stored_accounts::stored_accounts(storage::store& where, net::workers& hashing, const std::string& process_secret,
                                 bool keep_passwords)
    : where_(where), hashing_(hashing), process_secret_(process_secret), keep_passwords_(keep_passwords) {}

/// Hands a job to the store and comes back when it is done.
net::task<storage::outcome> stored_accounts::run(net::shard& own, ask_store how, storage::store::job what) {
  net::signal done(own.get_executor());
  auto result = storage::outcome::busy;
  storage::store::answer tell = [&own, &done, &result](storage::outcome o) {
    own.post([&done, &result, o] {
      result = o;
      done.ring();
    });
  };
  const bool taken = (where_.*how)(std::move(what), std::move(tell), 0);
  if (taken) co_await done.wait();
  co_return result;
}

net::task<account_outcome> stored_accounts::answer(net::shard& own, session::account_request q) {
  switch (q.what) {
    case kind::make:
    case kind::change_password: co_return co_await change(own, q);
    case kind::remove: co_return co_await remove(own, q);
    case kind::check_password:
    case kind::check_digest:
    case kind::refuse: break;
  }
  co_return co_await check(own, q);
}

net::task<account_outcome> stored_accounts::check(net::shard& own, session::account_request& q) {
  const auto asked_at = own.now();
  auto result = account_outcome::wrong;
  if (q.what == kind::check_digest) {
    result = co_await check_digest(own, q);
    base::wipe(q.secret);
  }
  // Who is refused has waited for the workers once, whatever was asked: without a password, for nothing.
  const bool refused = result == account_outcome::wrong && q.what == kind::check_digest;
  if (result == account_outcome::wrong) result = co_await check_password(own, q);
  if (refused && result == account_outcome::unavailable) result = account_outcome::full;
  if (result != account_outcome::done) {
    late_timer t(own.get_executor());
    t.expires_at(asked_at + refusal_after);
    co_await t.async_wait(net::as_result);
  }
  co_return result;
}

net::task<account_outcome> stored_accounts::check_password(net::shard& own, session::account_request& q) {
  std::optional<storage::credentials> found;
  storage::store::job look = [&found, &q](storage::database& db) {
    found = storage::credentials_of(db, q.bare_jid);
    return storage::outcome::done;
  };
  const auto read = co_await run(own, &storage::store::read, std::move(look));
  if (read != storage::outcome::done) co_return account_outcome::unavailable;
  const auto [hash, keys] = keys_to_check(found, process_secret_, q.bare_jid);
  auto prepared = sasl::prepare_password(q.secret);
  bool fits = recent_.has(q.bare_jid, keys.stored_key, prepared);
  if (!fits) {
    const std::function<void()> derive = [&fits, &prepared, h = hash, k = &keys] { fits = sasl::password_fits(h, *k, prepared); };
    const bool done = co_await hashing_.run(lane_of(q.bare_jid), derive);
    if (done && fits) recent_.remember(q.bare_jid, keys.stored_key, prepared);
    if (!done) {
      base::wipe(prepared);
      co_return account_outcome::full;
    }
  }
  base::wipe(prepared);
  // An empty one is nobody's, whatever is stored.
  co_return fits && !q.secret.empty() ? account_outcome::done : account_outcome::wrong;
}

net::task<account_outcome> stored_accounts::check_digest(net::shard& own, session::account_request& q) {
  std::optional<storage::credentials> found;
  storage::store::job look = [&found, &q](storage::database& db) {
    found = storage::credentials_of(db, q.bare_jid);
    return storage::outcome::done;
  };
  const auto read = co_await run(own, &storage::store::read, std::move(look));
  if (read != storage::outcome::done) co_return account_outcome::unavailable;
  const bool known = found && found->password;
  const auto expected =
      base::sha1_hex(q.stream_id, known ? std::string_view(*found->password) : std::string_view("no such account"));
  const bool fits = base::equal_in_constant_time(lower_case(q.secret), expected) && known;
  co_return fits ? account_outcome::done : account_outcome::wrong;
}

/// On a worker's thread.
storage::credentials stored_accounts::derive(const session::account_request& q) const {
  storage::credentials c;
  auto prepared = sasl::prepare_password(q.secret);
  for (std::size_t i = 0; i < c.keys.size(); ++i) {
    const auto hash = static_cast<sasl::scram_hash>(i);
    // The salt of the name, as decoys have it: so a challenge does not change when an account is made, changed or removed.
    c.keys[i] = sasl::derive_keys(hash, prepared, sasl::salt_for(process_secret_, hash, q.bare_jid), sasl::default_iterations);
  }
  base::wipe(prepared);
  if (keep_passwords_) c.password = q.secret;
  return c;
}

net::task<account_outcome> stored_accounts::change(net::shard& own, session::account_request& q) {
  storage::credentials made;
  const std::function<void()> hash = [this, &made, &q] { made = derive(q); };
  const bool done = co_await hashing_.run(lane_of(q.bare_jid), hash);
  if (!done) co_return account_outcome::full;
  storage::store::job put = [&made, &q](storage::database& db) {
    if (q.what == kind::make) return storage::make_account(db, q.bare_jid, made);
    return storage::set_credentials(db, q.bare_jid, made);
  };
  const auto written = co_await run(own, &storage::store::write, std::move(put));
  co_return answer_for(written);
}

net::task<account_outcome> stored_accounts::remove(net::shard& own, session::account_request& q) {
  storage::store::job erase = [&q](storage::database& db) { return storage::remove_account(db, q.bare_jid); };
  const auto written = co_await run(own, &storage::store::write, std::move(erase));
  co_return answer_for(written);
}

net::task<sasl::answer> stored_accounts::keys_of(net::shard& own, std::string bare_jid, sasl::scram_hash hash) {
  std::optional<sasl::scram_keys> found;
  storage::store::job look = [&found, &bare_jid, hash](storage::database& db) {
    found = storage::keys_of(db, bare_jid, hash);
    return storage::outcome::done;
  };
  const auto read = co_await run(own, &storage::store::read, std::move(look));
  if (read != storage::outcome::done) co_return sasl::answer(sasl::answer::verdict::unavailable);
  if (!found) found = sasl::decoy_keys(process_secret_, hash, bare_jid, sasl::default_iterations);
  co_return sasl::answer(std::move(*found));
}

}  // namespace couplet::server

#include "storage/accounts.hpp"

#include "base/random.hpp"
#include "base/secret.hpp"
#include "storage/entries.hpp"

namespace couplet::storage {

namespace {

constexpr std::size_t salt_secret_bytes = 32;

/// As it stands in the table: a number that says what it is.
std::int64_t signed_of(std::size_t hash) noexcept {
  constexpr std::array<std::int64_t, 3> numbers{1, 256, 512};
  return numbers[hash];
}

bool is_there(database& db, std::string_view jid) {
  query q(db, "SELECT 1 FROM accounts WHERE jid = ?");
  return q.bind(jid).next();
}

void put_keys(database& db, std::string_view jid, const credentials& c) {
  for (std::size_t hash = 0; hash < c.keys.size(); ++hash) {
    if (!c.keys[hash]) continue;
    const auto& k = *c.keys[hash];
    query q(db, "INSERT INTO scram_keys (owner, hash, salt, iterations, stored_key, server_key) VALUES (?, ?, ?, ?, ?, ?)");
    q.bind(jid).bind(signed_of(hash)).bind_blob(k.salt).bind(static_cast<std::int64_t>(k.iterations));
    q.bind_blob(k.stored_key).bind_blob(k.server_key).run();
  }
}

void delete_of(database& db, std::string_view sql, std::string_view jid) {
  query q(db, sql);
  q.bind(jid).run();
}

query& bind_password(query& q, const credentials& c) {
  return c.password ? q.bind(*c.password) : q.bind_null();
}

}  // namespace

credentials::~credentials() {
  if (password) base::wipe(*password);
}

void each_account(database& db, const std::function<void(std::string_view)>& visit) {
  query q(db, "SELECT jid FROM accounts ORDER BY jid");
  while (q.next()) visit(q.text(0));
}

outcome make_account(database& db, std::string_view jid, const credentials& c) {
  if (is_there(db, jid)) return outcome::exists;
  query q(db, "INSERT INTO accounts (jid, password) VALUES (?, ?)");
  bind_password(q.bind(jid), c).run();
  put_keys(db, jid, c);
  return outcome::done;
}

outcome set_credentials(database& db, std::string_view jid, const credentials& c) {
  query q(db, "UPDATE accounts SET password = ? WHERE jid = ?");
  bind_password(q, c).bind(jid).run();
  if (db.changes() == 0) return outcome::missing;
  delete_of(db, "DELETE FROM scram_keys WHERE owner = ?", jid);
  put_keys(db, jid, c);
  return outcome::done;
}

outcome remove_account(database& db, std::string_view jid) {
  delete_of(db, "DELETE FROM accounts WHERE jid = ?", jid);
  if (db.changes() == 0) return outcome::missing;
  delete_of(db, "DELETE FROM scram_keys WHERE owner = ?", jid);
  remove_all_of(db, jid);
  return outcome::done;
}

void remove_all(database& db) {
  for (const auto* const table :
       {"accounts", "scram_keys", "entries", "offline", "archive", "archive_preferences", "rooms", "room_affiliations"})
    db.execute((std::string("DELETE FROM ") + table).c_str());
}

std::optional<sasl::scram_keys> keys_of(database& db, std::string_view jid, sasl::scram_hash hash) {
  query q(db, "SELECT salt, iterations, stored_key, server_key FROM scram_keys WHERE owner = ? AND hash = ?");
  if (!q.bind(jid).bind(signed_of(static_cast<std::size_t>(hash))).next()) return std::nullopt;
  return sasl::scram_keys(std::string(q.blob(0)), static_cast<std::uint32_t>(q.number(1)), std::string(q.blob(2)),
                          std::string(q.blob(3)));
}

std::optional<credentials> credentials_of(database& db, std::string_view jid) {
  query q(db, "SELECT password FROM accounts WHERE jid = ?");
  if (!q.bind(jid).next()) return std::nullopt;
  credentials c;
  if (!q.is_null(0)) c.password = std::string(q.text(0));
  for (std::size_t hash = 0; hash < c.keys.size(); ++hash) c.keys[hash] = keys_of(db, jid, static_cast<sasl::scram_hash>(hash));
  return c;
}

std::string salt_secret(database& db) {
  query q(db, "SELECT value FROM settings WHERE name = 'salt secret'");
  if (q.next()) return std::string(q.blob(0));
  auto made = base::random_bytes(salt_secret_bytes);
  query put(db, "INSERT INTO settings (name, value) VALUES ('salt secret', ?)");
  put.bind_blob(made).run();
  return made;
}

}  // namespace couplet::storage

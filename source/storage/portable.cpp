#include "storage/portable.hpp"

#include <algorithm>

#include "base/random.hpp"
#include "importing.hpp"
#include "storage/archive.hpp"
#include "storage/entries.hpp"

namespace couplet::storage {

namespace {

/// That somebody was there once, whose account is of the configuration, is nothing that could be lost.
bool has_something(database& db, std::string_view owner) {
  query q(db,
          "SELECT 1 FROM accounts WHERE jid = ?1 UNION ALL SELECT 1 FROM entries WHERE owner = ?1 AND kind <> ?2"
          " UNION ALL SELECT 1 FROM offline_sizes WHERE owner = ?1 UNION ALL SELECT 1 FROM archive_sizes WHERE owner = ?1"
          " UNION ALL SELECT 1 FROM archive_preferences WHERE owner = ?1 LIMIT 1");
  return q.bind(owner).bind(static_cast<std::int64_t>(entry_kind::last_activity)).next();
}

/// What a stanza may get on its way into the database: a delay, a declaration.
constexpr std::size_t added_bytes = 4'096;

std::string numbers(std::size_t count, std::size_t bytes) {
  return std::to_string(count) + " of " + std::to_string(bytes) + " bytes";
}

/// Why it is too much; empty: it is not.
std::string excess_of(const portable_user& u, const portable_limits& most) {
  std::size_t entries = 0, waiting = 0, largest = 0;
  for (const auto& e : u.entries) {
    entries += e.key.size() + e.value.size();
    largest = std::max(largest, e.value.size());
  }
  for (const auto& m : u.offline) {
    waiting += m.size();
    largest = std::max(largest, m.size());
  }
  for (const auto& m : u.archive) largest = std::max(largest, m.stanza.size());
  if (u.entries.size() > most.entries.entries || entries > most.entries.bytes)
    return "contacts, requests, nodes and other texts: " + numbers(u.entries.size(), entries) + "; an account may have " +
           numbers(most.entries.entries, most.entries.bytes);
  if (u.offline.size() > most.offline.messages || waiting > most.offline.bytes)
    return "messages that wait: " + numbers(u.offline.size(), waiting) + "; an account may have " +
           numbers(most.offline.messages, most.offline.bytes) + " (--max-offline-messages, --max-offline-bytes)";
  if (largest > most.text_bytes + added_bytes)
    return "a text of " + std::to_string(largest) + " bytes, and a stanza may have " + std::to_string(most.text_bytes) +
           " (--max-stanza-bytes)";
  return {};
}

/// Ids of other servers may be used for others' messages as well; here they are unique.
void put_archive(database& db, const portable_user& u, const archive_limits& most) {
  for (const auto& m : u.archive) {
    const auto id = is_archive_id_used(db, m.id) ? base::random_hex(16) : m.id;
    append_to_archive(db, u.jid, id, m.time, m.with, m.resource, m.stanza, most);
  }
  put_archive_preferences(db, u.jid, u.archive_preferences);
}

}  // namespace

bool portable_user::has_credentials() const noexcept {
  return what.password || std::any_of(what.keys.begin(), what.keys.end(), [](const auto& k) { return k.has_value(); });
}

outcome put_portable(database& db, const portable_user& u, const portable_limits& most, std::string& why) {
  if (has_something(db, u.jid)) return outcome::exists;
  const auto excess = excess_of(u, most);
  if (!excess.empty()) {
    why = shown(u.jid) + " has too much of " + excess;
    return outcome::over_limit;
  }
  if (u.has_credentials()) make_account(db, u.jid, u.what);
  for (const auto& e : u.entries) put_entry(db, u.jid, e.kind, e.key, e.value);
  for (const auto& m : u.offline) append_offline(db, u.jid, m, most.offline);
  put_archive(db, u, most.archive);
  return outcome::done;
}

}  // namespace couplet::storage

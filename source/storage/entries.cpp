#include "storage/entries.hpp"

#include "storage/archive.hpp"

namespace couplet::storage {

namespace {

std::int64_t number_of(entry_kind k) noexcept {
  return static_cast<std::int64_t>(k);
}

}  // namespace

outcome put_entry(database& db, std::string_view owner, entry_kind kind, std::string_view key, std::string_view value) {
  query q(db,
          "INSERT INTO entries (owner, kind, key, value) VALUES (?, ?, ?, ?)"
          " ON CONFLICT (owner, kind, key) DO UPDATE SET value = excluded.value");
  q.bind(owner).bind(number_of(kind)).bind(key).bind(value).run();
  return outcome::done;
}

outcome remove_entry(database& db, std::string_view owner, entry_kind kind, std::string_view key) {
  query q(db, "DELETE FROM entries WHERE owner = ? AND kind = ? AND key = ?");
  q.bind(owner).bind(number_of(kind)).bind(key).run();
  return db.changes() != 0 ? outcome::done : outcome::missing;
}

std::optional<std::string> entry_of(database& db, std::string_view owner, entry_kind kind, std::string_view key) {
  query q(db, "SELECT value FROM entries WHERE owner = ? AND kind = ? AND key = ?");
  if (!q.bind(owner).bind(number_of(kind)).bind(key).next()) return std::nullopt;
  return std::string(q.text(0));
}

void each_entry(database& db, std::string_view owner, entry_kind kind,
                const std::function<void(std::string_view, std::string_view)>& visit) {
  query q(db, "SELECT key, value FROM entries WHERE owner = ? AND kind = ? ORDER BY key");
  q.bind(owner).bind(number_of(kind));
  while (q.next()) visit(q.text(0), q.text(1));
}

void each_entry_below(database& db, std::string_view owner, entry_kind kind, std::string_view prefix,
                      const std::function<void(std::string_view, std::string_view)>& visit) {
  query q(db, "SELECT key, value FROM entries WHERE owner = ? AND kind = ? AND key >= ? ORDER BY key");
  q.bind(owner).bind(number_of(kind)).bind(prefix);
  while (q.next() && q.text(0).starts_with(prefix)) visit(q.text(0), q.text(1));
}

void each_blocked(database& db, const std::function<void(std::string_view, std::string_view)>& visit) {
  query q(db, "SELECT owner, key FROM entries WHERE kind = 5 ORDER BY owner, key");  // as the index has it
  while (q.next()) visit(q.text(0), q.text(1));
}

void remove_entries_below(database& db, std::string_view owner, entry_kind kind, std::string_view prefix) {
  query q(db, "DELETE FROM entries WHERE owner = ?1 AND kind = ?2 AND key >= ?3 AND substr(key, 1, length(?3)) = ?3");
  q.bind(owner).bind(number_of(kind)).bind(prefix).run();
}

outcome check_entries(database& db, std::string_view owner, const entry_limits& most) {
  query sum(db,
            "SELECT count(*), coalesce(sum(length(CAST(key AS BLOB)) + length(CAST(value AS BLOB))), 0)"
            " FROM entries WHERE owner = ?");
  sum.bind(owner).next();
  const auto entries = static_cast<std::size_t>(sum.number(0));
  const auto bytes = static_cast<std::size_t>(sum.number(1));
  return entries > most.entries || bytes > most.bytes ? outcome::over_limit : outcome::done;
}

void remove_all_of(database& db, std::string_view owner) {
  for (const auto* const table : {"DELETE FROM entries WHERE owner = ?", "DELETE FROM offline WHERE owner = ?"}) {
    query q(db, table);
    q.bind(owner).run();
  }
  remove_archive(db, owner);
}

outcome append_offline(database& db, std::string_view owner, std::string_view stanza, const offline_limits& most,
                       std::string_view origin) {
  if (!origin.empty()) {
    query same(db, "SELECT 1 FROM offline WHERE owner = ? AND origin = ?");
    if (same.bind(owner).bind(origin).next()) return outcome::exists;
  }
  query sum(db, "SELECT messages, bytes FROM offline_sizes WHERE owner = ?");
  const bool some = sum.bind(owner).next();
  const auto messages = some ? static_cast<std::size_t>(sum.number(0)) : 0;
  const auto bytes = some ? static_cast<std::size_t>(sum.number(1)) : 0;
  if (messages >= most.messages || bytes + stanza.size() > most.bytes) return outcome::over_limit;
  query q(db, "INSERT INTO offline (owner, stanza, origin) VALUES (?, ?, nullif(?, ''))");
  q.bind(owner).bind(stanza).bind(origin).run();
  return outcome::done;
}

std::int64_t read_offline(database& db, std::string_view owner, std::int64_t after, std::size_t page_bytes,
                          const std::function<void(std::int64_t, std::string_view, std::string_view)>& visit) {
  query q(db, "SELECT number, stanza, coalesce(origin, '') FROM offline WHERE owner = ? AND number > ? ORDER BY number");
  q.bind(owner).bind(after);
  std::int64_t last = 0;
  for (std::size_t bytes = 0; bytes < page_bytes && q.next();) {
    last = q.number(0);
    const auto stanza = q.text(1);
    bytes += stanza.size();
    visit(last, stanza, q.text(2));
  }
  return last;
}

outcome remove_offline(database& db, std::string_view owner, std::int64_t up_to) {
  query q(db, "DELETE FROM offline WHERE owner = ? AND number <= ?");
  q.bind(owner).bind(up_to).run();
  return db.changes() != 0 ? outcome::done : outcome::missing;
}

}  // namespace couplet::storage

#include "storage/entries.hpp"

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

outcome append_offline(database& db, std::string_view owner, std::string_view stanza, const offline_limits& most) {
  query sum(db, "SELECT count(*), coalesce(sum(length(CAST(stanza AS BLOB))), 0) FROM offline WHERE owner = ?");
  sum.bind(owner).next();
  const auto messages = static_cast<std::size_t>(sum.number(0));
  const auto bytes = static_cast<std::size_t>(sum.number(1));
  if (messages >= most.messages || bytes + stanza.size() > most.bytes) return outcome::full;
  query q(db, "INSERT INTO offline (owner, stanza) VALUES (?, ?)");
  q.bind(owner).bind(stanza).run();
  return outcome::done;
}

std::int64_t read_offline(database& db, std::string_view owner, std::int64_t after, std::size_t page_bytes,
                          const std::function<void(std::int64_t, std::string_view)>& visit) {
  query q(db, "SELECT number, stanza FROM offline WHERE owner = ? AND number > ? ORDER BY number");
  q.bind(owner).bind(after);
  std::int64_t last = 0;
  for (std::size_t bytes = 0; bytes < page_bytes && q.next();) {
    last = q.number(0);
    const auto stanza = q.text(1);
    bytes += stanza.size();
    visit(last, stanza);
  }
  return last;
}

outcome remove_offline(database& db, std::string_view owner, std::int64_t up_to) {
  query q(db, "DELETE FROM offline WHERE owner = ? AND number <= ?");
  q.bind(owner).bind(up_to).run();
  return db.changes() != 0 ? outcome::done : outcome::missing;
}

}  // namespace couplet::storage

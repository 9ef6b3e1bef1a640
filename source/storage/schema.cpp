#include "schema.hpp"

#include <array>
#include <cstddef>

namespace couplet::storage {

namespace {

/// PRAGMA application_id of our files: "Cplt".
constexpr std::int64_t our_mark = 0x43706C74;

// The step from each version to the next. What has been released does not change any more: a change of tables is a step of its own.
//
// Owners are bare JIDs, prepared; they need no row in `accounts`: those of the configuration have none.
constexpr std::array<const char*, 6> steps{
    // 1: accounts. hash: 1, 256, 512. settings: what belongs to the database itself.
    "CREATE TABLE settings (name TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE accounts (jid TEXT PRIMARY KEY NOT NULL, password TEXT) WITHOUT ROWID;"
    "CREATE TABLE scram_keys (owner TEXT NOT NULL, hash INTEGER NOT NULL, salt BLOB NOT NULL, iterations INTEGER NOT NULL,"
    " stored_key BLOB NOT NULL, server_key BLOB NOT NULL, PRIMARY KEY (owner, hash)) WITHOUT ROWID;",
    // 2: texts of accounts, and messages for them. kind: see entry_kind. Numbers of messages are never used again.
    "CREATE TABLE entries (owner TEXT NOT NULL, kind INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,"
    " PRIMARY KEY (owner, kind, key)) WITHOUT ROWID;"
    "CREATE TABLE offline (number INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT NOT NULL, stanza TEXT NOT NULL);"
    "CREATE INDEX offline_by_owner ON offline (owner, number);",
    // 3: archives. Numbers tell messages of one moment apart; peer: bare. How much there is of each account is kept by triggers, so that nobody
    // has to count, whoever removes what.
    "CREATE TABLE archive (number INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT NOT NULL, id TEXT NOT NULL, time INTEGER NOT "
    "NULL,"
    " peer TEXT NOT NULL, resource TEXT NOT NULL, stanza TEXT NOT NULL);"
    "CREATE UNIQUE INDEX archive_by_id ON archive (id);"
    "CREATE INDEX archive_by_owner ON archive (owner, time);"
    "CREATE INDEX archive_by_peer ON archive (owner, peer, time);"
    "CREATE TABLE archive_sizes (owner TEXT PRIMARY KEY NOT NULL, messages INTEGER NOT NULL, bytes INTEGER NOT NULL) WITHOUT "
    "ROWID;"
    "CREATE TRIGGER archive_grows AFTER INSERT ON archive BEGIN"
    " INSERT INTO archive_sizes (owner, messages, bytes) VALUES (new.owner, 1, length(CAST(new.stanza AS BLOB)))"
    " ON CONFLICT (owner) DO UPDATE SET messages = messages + 1, bytes = bytes + excluded.bytes; END;"
    "CREATE TRIGGER archive_shrinks AFTER DELETE ON archive BEGIN"
    " UPDATE archive_sizes SET messages = messages - 1, bytes = bytes - length(CAST(old.stanza AS BLOB)) WHERE owner = old.owner;"
    " DELETE FROM archive_sizes WHERE owner = old.owner AND messages = 0; END;"
    "CREATE TABLE archive_preferences (owner TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE offline_sizes (owner TEXT PRIMARY KEY NOT NULL, messages INTEGER NOT NULL, bytes INTEGER NOT NULL) WITHOUT "
    "ROWID;"
    "INSERT INTO offline_sizes SELECT owner, count(*), sum(length(CAST(stanza AS BLOB))) FROM offline GROUP BY owner;"
    "CREATE TRIGGER offline_grows AFTER INSERT ON offline BEGIN"
    " INSERT INTO offline_sizes (owner, messages, bytes) VALUES (new.owner, 1, length(CAST(new.stanza AS BLOB)))"
    " ON CONFLICT (owner) DO UPDATE SET messages = messages + 1, bytes = bytes + excluded.bytes; END;"
    "CREATE TRIGGER offline_shrinks AFTER DELETE ON offline BEGIN"
    " UPDATE offline_sizes SET messages = messages - 1, bytes = bytes - length(CAST(old.stanza AS BLOB)) WHERE owner = old.owner;"
    " DELETE FROM offline_sizes WHERE owner = old.owner AND messages = 0; END;",
    // 4: persistent rooms of group chat. jid in room_affiliations: a bare JID or a domain.
    "CREATE TABLE rooms (jid TEXT PRIMARY KEY NOT NULL, creator TEXT NOT NULL, configuration TEXT NOT NULL, subject TEXT NOT "
    "NULL,"
    " subject_nick TEXT NOT NULL, subject_at INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE room_affiliations (room TEXT NOT NULL, jid TEXT NOT NULL, affiliation INTEGER NOT NULL, nick TEXT NOT NULL,"
    " PRIMARY KEY (room, jid)) WITHOUT ROWID;",
    // 5: whom accounts have blocked is read at the start, for all of them.
    "CREATE INDEX IF NOT EXISTS entries_blocked ON entries (owner, key) WHERE kind = 5;",
    // 6: which route of which c2s a message came by, so that what comes a second time is not kept twice.
    "ALTER TABLE offline ADD COLUMN origin TEXT;"
    "CREATE UNIQUE INDEX offline_by_origin ON offline (owner, origin) WHERE origin IS NOT NULL;",
};

constexpr auto newest = static_cast<std::int64_t>(steps.size());

base::error newer(const std::string& shown, std::int64_t version) {
  return base::error(shown + " (--data) was made by a newer Couplet (version " + std::to_string(version) +
                     " of the tables; this one knows " + std::to_string(newest) +
                     "): use that one, or put back a backup of before");
}

base::error foreign(const std::string& shown) {
  return base::error(shown + " (--data) is a database of another program: move it away, or name another folder");
}

bool is_empty(database& db) {
  return db.number_of("SELECT count(*) FROM sqlite_schema") == 0;
}

}  // namespace

base::result<bool> bring_up_to_date(database& db, const std::string& shown) {
  const auto mark = db.number_of("PRAGMA application_id");
  auto version = db.number_of("PRAGMA user_version");
  if (mark != our_mark && (mark != 0 || version != 0 || !is_empty(db))) return foreign(shown);
  if (version > newest) return newer(shown, version);
  while (version < newest) {
    const auto* const step = steps[static_cast<std::size_t>(version)];
    ++version;
    db.execute("BEGIN IMMEDIATE");
    try {
      db.execute(step);
      db.execute(("PRAGMA application_id = " + std::to_string(our_mark)).c_str());
      db.execute(("PRAGMA user_version = " + std::to_string(version)).c_str());
      db.execute("COMMIT");
    } catch (const failure&) {
      if (!db.is_idle()) db.execute("ROLLBACK");
      throw;
    }
  }
  return true;
}

base::result<bool> check_version(database& db, const std::string& shown) {
  if (db.number_of("PRAGMA application_id") != our_mark) return foreign(shown);
  const auto version = db.number_of("PRAGMA user_version");
  if (version > newest) return newer(shown, version);
  if (version < newest)
    return base::error(shown + " (--data) is of an older Couplet: start this one with it once, which brings it up to date");
  return true;
}

}  // namespace couplet::storage

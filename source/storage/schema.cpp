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
constexpr std::array<const char*, 2> steps{
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

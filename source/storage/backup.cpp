#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "folder.hpp"
#include "storage/store.hpp"

namespace couplet::storage {

namespace {

/// Pages in one step: between two steps whoever writes gets his turn.
constexpr int pages_at_once = 1'024;
constexpr int pause_ms = 20;

base::error cannot_make(const std::string& file, const std::string& why) {
  return base::error("cannot write the backup " + file + ": " + why);
}

void copy(database& from, database& to) {
  sqlite3_backup* const work = sqlite3_backup_init(to.handle(), "main", from.handle(), "main");
  if (work == nullptr) throw failure(sqlite3_errcode(to.handle()) & 0xFF, sqlite3_errmsg(to.handle()));
  int code = SQLITE_OK;
  while (code == SQLITE_OK || code == SQLITE_BUSY || code == SQLITE_LOCKED) {
    code = sqlite3_backup_step(work, pages_at_once);
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED) sqlite3_sleep(pause_ms);
  }
  sqlite3_backup_finish(work);
  if (code != SQLITE_DONE) throw failure(code & 0xFF, sqlite3_errstr(code));
}

/// The copy says of itself that it has a log beside it, as the original has. One file is easier to carry.
void make_single_file(database& db) {
  db.execute("PRAGMA journal_mode = DELETE");
}

std::string folder_of(const std::string& file) {
  const auto slash = file.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : file.substr(0, slash);
}

}  // namespace

base::result<bool> back_up(const std::string& folder, const std::string& file) {
  auto source = open_for_reading(folder);
  if (!source) return base::error(source.error_text());
  const auto beside = file + ".tmp";
  {
    const descriptor made(::open(beside.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!made || ::fchmod(made.get(), 0600) != 0) return cannot_make(file, std::strerror(errno));
  }
  try {
    // One look at the database for all of the copy, so that it begins anew for nobody who writes meanwhile.
    (*source)->execute("BEGIN; SELECT count(*) FROM sqlite_schema");
    database target(beside);
    copy(**source, target);
    make_single_file(target);
  } catch (const failure& why) {
    ::unlink(beside.c_str());
    return cannot_make(file, why.what());
  }
  const descriptor written(::open(beside.c_str(), O_RDONLY | O_CLOEXEC));
  if (!written || ::fsync(written.get()) != 0 || std::rename(beside.c_str(), file.c_str()) != 0) {
    auto why = cannot_make(file, std::strerror(errno));
    ::unlink(beside.c_str());
    return why;
  }
  sync_folder(folder_of(file));
  return true;
}

}  // namespace couplet::storage

#include "storage/database.hpp"

#include <sqlite3.h>

#include <cstring>
#include <mutex>

namespace couplet::storage {

namespace {

/// How long a statement waits for another process that writes: an import, or the end of a backup.
constexpr int patience_ms = 5'000;

/// SQLite counts what it allocates, under a lock of the whole process. Nobody asks for the figure. Before the first use of the library only;
/// where somebody was there before, it counts on.
void count_nothing() noexcept {
  static std::once_flag done;
  std::call_once(done, [] { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); });
}

constexpr int primary(int code) noexcept {
  return code & 0xFF;
}

/// SQLite's words, and the system's, where it has some: "disk I/O error (File too large)".
std::string words_of(sqlite3* handle, int code) {
  std::string text = handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
  const int reason = handle != nullptr ? sqlite3_system_errno(handle) : 0;
  const bool about_files = primary(code) == SQLITE_IOERR || primary(code) == SQLITE_CANTOPEN || primary(code) == SQLITE_FULL;
  if (reason != 0 && about_files) text += std::string(" (") + std::strerror(reason) + ")";
  return text;
}

}  // namespace

void database::closer::operator()(sqlite3* handle) const noexcept {
  sqlite3_close_v2(handle);
}

void database::finalizer::operator()(sqlite3_stmt* statement) const noexcept {
  sqlite3_finalize(statement);
}

database::database(const std::string& path) {
  count_nothing();
  sqlite3* opened = nullptr;
  // No mutexes: one thread at a time, which the store sees to. No URIs: a folder's name may hold anything.
  const int code =
      sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  handle_.reset(opened);
  if (code != SQLITE_OK) fail(code);
  sqlite3_busy_timeout(opened, patience_ms);
  // What is deleted is overwritten: keys of accounts that are gone must not stay in free pages. And nobody needs functions that load code.
  sqlite3_db_config(opened, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  execute("PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY");
}

database::~database() {
  statements_.clear();
}

void database::fail(int code) const {
  throw failure(primary(code), words_of(handle_.get(), code));
}

void database::execute(const char* sql) {
  const int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

std::int64_t database::number_of(const char* sql) {
  query q(*this, sql);
  return q.next() ? q.number(0) : 0;
}

int database::changes() const noexcept {
  return sqlite3_changes(handle_.get());
}

bool database::is_idle() const noexcept {
  return sqlite3_get_autocommit(handle_.get()) != 0;
}

sqlite3_stmt* database::prepared(std::string_view sql) {
  const auto known = statements_.find(sql);
  if (known != statements_.end()) return known->second.get();
  sqlite3_stmt* made = nullptr;
  const int code =
      sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &made, nullptr);
  if (code != SQLITE_OK) fail(code);
  statements_.emplace(std::string(sql), made);
  return made;
}

query::query(database& db, std::string_view sql) : db_(db), statement_(db.prepared(sql)) {}

query::~query() {
  reset();
}

void query::reset() noexcept {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
  bound_ = 0;
}

void query::check(int code) const {
  if (code != SQLITE_OK) db_.fail(code);
}

query& query::bind(std::string_view text) {
  // An empty view may have no address, which would be NULL.
  const char* const bytes = text.data() != nullptr ? text.data() : "";
  check(sqlite3_bind_text64(statement_, ++bound_, bytes, text.size(), SQLITE_STATIC, SQLITE_UTF8));
  return *this;
}

query& query::bind_blob(std::string_view bytes) {
  const char* const begin = bytes.data() != nullptr ? bytes.data() : "";
  check(sqlite3_bind_blob64(statement_, ++bound_, begin, bytes.size(), SQLITE_STATIC));
  return *this;
}

query& query::bind(std::int64_t number) {
  check(sqlite3_bind_int64(statement_, ++bound_, number));
  return *this;
}

query& query::bind_null() {
  check(sqlite3_bind_null(statement_, ++bound_));
  return *this;
}

bool query::next() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) db_.fail(code);
  return false;
}

std::string_view query::text(int column) const noexcept {
  const auto* const bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return bytes == nullptr ? std::string_view()
                          : std::string_view(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}

std::string_view query::blob(int column) const noexcept {
  const auto* const bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  return bytes == nullptr ? std::string_view()
                          : std::string_view(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}

std::int64_t query::number(int column) const noexcept {
  return sqlite3_column_int64(statement_, column);
}

bool query::is_null(int column) const noexcept {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

}  // namespace couplet::storage

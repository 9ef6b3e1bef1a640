#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace couplet::storage {

/// What SQLite refused. Thrown by what is in this header, caught by the store: it does not leave the room, apart from the jobs.
struct failure : std::runtime_error {
  failure(int code_, const std::string& what) : std::runtime_error(what), code(code_) {}
  int code;  ///< SQLite's primary result code
};

/// One connection to a database file. One thread at a time.
class database {
 public:
  /// `path`: of a file that is there, or ":memory:". Throws failure.
  explicit database(const std::string& path);
  ~database();
  database(const database&) = delete;
  database& operator=(const database&) = delete;

  /// One or more statements without results, not kept prepared.
  void execute(const char* sql);
  /// The first column of the first row, as a number; 0: there is none.
  std::int64_t number_of(const char* sql);
  /// Rows that the last change touched.
  int changes() const noexcept;
  /// Whether no transaction is open: SQLite ends one by itself where the disk is full or broken.
  bool is_idle() const noexcept;
  sqlite3* handle() const noexcept { return handle_.get(); }

 private:
  friend class query;
  struct closer {
    void operator()(sqlite3* handle) const noexcept;
  };
  struct finalizer {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };

  sqlite3_stmt* prepared(std::string_view sql);
  [[noreturn]] void fail(int code) const;

  std::unique_ptr<sqlite3, closer> handle_;
  std::map<std::string, std::unique_ptr<sqlite3_stmt, finalizer>, std::less<>> statements_;  ///< each is compiled once
};

/// One run of one statement:
///
///     query q(db, "SELECT salt FROM scram_keys WHERE owner = ? AND hash = ?");
///     q.bind(jid).bind(1);
///     while (q.next()) use(q.blob(0));
///
/// Values are bound in order. What is bound must live until the query ends or is reset: it is not copied. At the end nothing of it stays
/// with the statement. A statement runs once at a time.
class query {
 public:
  query(database& db, std::string_view sql);
  ~query();
  query(const query&) = delete;
  query& operator=(const query&) = delete;

  query& bind(std::string_view text);
  query& bind_blob(std::string_view bytes);
  query& bind(std::int64_t number);
  query& bind_null();

  /// Whether there is a (further) row. Throws failure.
  bool next();
  /// For what has no rows.
  void run() { next(); }
  /// To be bound and run once more.
  void reset() noexcept;

  // Of the row; views hold until next(), reset() or the end.

  std::string_view text(int column) const noexcept;
  std::string_view blob(int column) const noexcept;
  std::int64_t number(int column) const noexcept;
  bool is_null(int column) const noexcept;

 private:
  void check(int code) const;

  database& db_;
  sqlite3_stmt* statement_;
  int bound_ = 0;
};

}  // namespace couplet::storage

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "storage/database.hpp"

namespace couplet::storage {

/// What became of a job.
enum class outcome : std::uint8_t {
  done,        ///< and where it was a change: it is on the disk
  exists,      ///< nothing was changed: what should be made is there already
  missing,     ///< nothing was changed: there is no such thing
  full,        ///< nothing was changed: there is no place on the disk
  busy,        ///< nothing was changed: too much waits already, or the store is being closed
  failed,      ///< nothing was changed: the disk or the file does not do what it should
  over_limit,  ///< nothing was changed: it would be more than one account may have
};

/// The database of one embedded session manager: a file `couplet.db` in a folder, with its write-ahead log beside it.
///
/// Jobs are plain functions over a database; they run on threads of the store's own, never on a shard's. Changes run on one thread, in the
/// order in which they were given: all that wait go into one transaction, which is synced to the disk once (group commit), and are answered
/// after that. So an answer `done` means that it is on the disk. A change that fails alone is undone alone. Reads run on a second thread
/// and see what has been committed before they began: who was told of a change finds it.
///
/// What waits is bounded by number and by bytes.
class store {
 public:
  using job = std::function<outcome(database&)>;
  /// Called once for each job that was taken, on a thread of the store: it should only post. Must not throw.
  using answer = std::function<void(outcome)>;

  struct options {
    std::string folder;                      ///< made where it is not there; empty: everything in memory, gone at the end
    std::size_t waiting = 4'096;             ///< jobs of each kind that may wait
    std::size_t bytes = 64U << 20U;          ///< that those may hold together
    std::size_t memory_bytes = 256U << 20U;  ///< that a database in memory may have; what would be more is `full`
  };

  /// Opens, or makes, and brings up to the version of this program. One process at a time has a folder open. The error is one line that says
  /// what to do: no folder, not writable, in use by another Couplet, damaged, made by a newer Couplet, no place on the disk.
  static base::result<std::unique_ptr<store>> open(options o);
  /// What was taken is still done and answered.
  ~store();
  store(const store&) = delete;
  store& operator=(const store&) = delete;

  // From any thread, without waiting. False: there is no place, and neither function will be called. `bytes`: what the job holds.

  bool write(job what, answer done, std::size_t bytes = 0);
  bool read(job what, answer done, std::size_t bytes = 0);

  // The same, waiting for the end: at the start of a program, for commands and tests. Never on a shard's thread.

  outcome write_now(job what);
  outcome read_now(job what);

  /// Nothing new is taken from now on. From any thread.
  void stop() noexcept;

  /// For log lines; ":memory:" where it has none.
  const std::string& file() const noexcept;

 private:
  struct parts;
  explicit store(std::unique_ptr<parts> p);
  std::unique_ptr<parts> parts_;
};

/// The database's file in a folder.
std::string file_in(const std::string& folder);

/// Copies the database of a folder into a file (mode 0600) that is a whole database by itself, also while a Couplet uses it. The file
/// appears when it is complete; one of that name is replaced. The error is one line.
base::result<bool> back_up(const std::string& folder, const std::string& file);

/// Opens the database of a folder for reading, also while a Couplet uses it, and checks that it is of this version. The error is one line.
base::result<std::unique_ptr<database>> open_for_reading(const std::string& folder);

}  // namespace couplet::storage

#include "lane.hpp"

#include <pthread.h>
#include <sqlite3.h>

#include <algorithm>
#include <utility>

#include "base/log.hpp"

namespace couplet::storage {

namespace {

/// The most that one transaction holds: who comes last in a long queue must not wait for all of it.
constexpr std::size_t most_together = 512;

outcome outcome_of(const failure& why) noexcept {
  return why.code == SQLITE_FULL ? outcome::full : outcome::failed;
}

/// About the file or the disk, so that no other job would fare better.
bool is_everybodys(const failure& why) noexcept {
  for (const int code :
       {SQLITE_FULL, SQLITE_IOERR, SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_READONLY, SQLITE_CANTOPEN, SQLITE_BUSY, SQLITE_NOMEM}) {
    if (why.code == code) return true;
  }
  return false;
}

}  // namespace

lane::lane(kind k, std::unique_ptr<database> db, const store::options& limits, const char* name)
    : kind_(k), db_(std::move(db)), most_waiting_(limits.waiting), most_bytes_(limits.bytes), thread_([this] { loop(); }) {
  pthread_setname_np(thread_.native_handle(), name);
}

lane::~lane() {
  stop();
  thread_.join();
}

bool lane::take(store::job what, store::answer done, std::size_t bytes) {
  {
    const std::lock_guard lock(mutex_);
    // One that is larger than all may go where nothing else waits.
    const bool fits = waiting_.empty() || bytes_ + bytes <= most_bytes_;
    if (stopped_ || waiting_.size() >= most_waiting_ || !fits) return false;
    waiting_.emplace_back(std::move(what), std::move(done), bytes);
    bytes_ += bytes;
  }
  something_to_do_.notify_one();
  return true;
}

void lane::stop() noexcept {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  something_to_do_.notify_one();
}

/// Empty: it was the last one.
lane::batch lane::wait_for_batch() {
  std::unique_lock lock(mutex_);
  something_to_do_.wait(lock, [this] { return stopped_ || !waiting_.empty(); });
  const auto count = static_cast<std::ptrdiff_t>(std::min(waiting_.size(), most_together));
  batch all(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(waiting_.begin() + count));
  waiting_.erase(waiting_.begin(), waiting_.begin() + count);
  for (const auto& e : all) bytes_ -= e.bytes;
  return all;
}

void lane::loop() noexcept {
  for (auto all = wait_for_batch(); !all.empty(); all = wait_for_batch()) {
    serve(all);
    for (auto& e : all) {
      e.what = nullptr;  // what it holds goes before somebody hears that it is done
      e.done(e.result);
    }
  }
}

void lane::serve(batch& all) {
  if (kind_ == kind::changes) return commit_together(all);
  for (auto& e : all) e.result = read_one(e.what);
}

/// Sees the database as it is at one moment.
outcome lane::read_one(const store::job& what) {
  auto result = outcome::failed;
  try {
    query(*db_, "BEGIN").run();
    result = what(*db_);
    query(*db_, "COMMIT").run();
    note(nullptr);
  } catch (const failure& why) {
    result = outcome_of(why);
    note(&why);
  } catch (const std::exception& why) {
    result = outcome::failed;
    base::log::error("reading from the storage failed", {{"what", why.what()}});
  }
  roll_back();
  return result;
}

/// One transaction, one sync. Where it can't be committed nothing of it has happened, and nobody is told that it has.
void lane::commit_together(batch& all) {
  try {
    db_->execute("BEGIN IMMEDIATE");
    for (auto& e : all) e.result = run_one(e.what);
    db_->execute("COMMIT");
    note(nullptr);
  } catch (const failure& why) {
    roll_back();
    for (auto& e : all) e.result = outcome_of(why);
    note(&why);
  }
}

/// Undone alone where it fails alone. A failure that has ended the transaction, or concerns the file, is thrown on: it is everybody's.
outcome lane::run_one(const store::job& what) {
  query(*db_, "SAVEPOINT job").run();
  auto result = outcome::failed;
  try {
    result = what(*db_);
  } catch (const failure& why) {
    if (db_->is_idle() || is_everybodys(why)) throw;
    base::log::error("a change was refused by the storage", {{"what", why.what()}});
  } catch (const std::exception& why) {
    base::log::error("a change of the storage failed", {{"what", why.what()}});
  }
  if (result != outcome::done) query(*db_, "ROLLBACK TO job").run();
  query(*db_, "RELEASE job").run();
  return result;
}

void lane::roll_back() noexcept {
  try {
    if (!db_->is_idle()) db_->execute("ROLLBACK");
  } catch (const failure&) {
    // It is over in any case: the next transaction finds out whether the file can be used again.
  }
}

/// Says it when the storage stops working, and when it works again; not each time.
void lane::note(const failure* why) {
  const bool works = why == nullptr;
  if (works == std::exchange(works_, works)) return;
  const std::string_view what = kind_ == kind::changes ? "written" : "read";
  if (works) {
    base::log::info("the storage works again", {{"can be", what}});
  } else {
    base::log::error("the storage does not work: what needs it is refused until it does",
                     {{"cannot be", what}, {"why", why->what()}});
  }
}

}  // namespace couplet::storage

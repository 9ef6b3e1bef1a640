#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "storage/store.hpp"

namespace couplet::storage {

/// One thread with one connection, and the jobs that wait for it.
class lane {
 public:
  enum class kind : std::uint8_t { changes, reads };

  lane(kind k, std::unique_ptr<database> db, const store::options& limits, const char* name);
  /// stop(), then waits until what was taken is answered. The connection is closed here, not on the thread: of two that close at the same
  /// time neither is the last one, which writes the log into the database.
  ~lane();
  lane(const lane&) = delete;
  lane& operator=(const lane&) = delete;

  bool take(store::job what, store::answer done, std::size_t bytes);
  void stop() noexcept;

 private:
  struct entry {
    entry(store::job w, store::answer d, std::size_t b) : what(std::move(w)), done(std::move(d)), bytes(b) {}
    store::job what;
    store::answer done;
    std::size_t bytes;
    outcome result = outcome::failed;
  };
  using batch = std::vector<entry>;

  void loop() noexcept;
  batch wait_for_batch();
  void serve(batch& all);
  void commit_together(batch& all);
  outcome run_one(const store::job& what);
  outcome read_one(const store::job& what);
  void roll_back() noexcept;
  void note(const failure* why);

  const kind kind_;
  std::unique_ptr<database> db_;
  const std::size_t most_waiting_;
  const std::size_t most_bytes_;
  bool works_ = true;  ///< as far as the last jobs tell: so that a failure is logged once

  std::mutex mutex_;
  std::condition_variable something_to_do_;
  std::deque<entry> waiting_;  ///< under the mutex, as are the next two
  std::size_t bytes_ = 0;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace couplet::storage

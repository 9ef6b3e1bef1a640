#pragma once

#include <asio/async_result.hpp>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "net/task.hpp"

namespace couplet::net {

/// A few threads for what must not run on a shard's: hashing passwords (PBKDF2 takes milliseconds), calls that block.
///
/// What waits is bounded, and fair: who asks says on whose behalf (`whom`, any number; an address, an account), and each of those gets
/// his turn, however many jobs another one has brought. When the queue is full, the job that came last for whoever has brought the
/// most gives way. So who floods is refused, and not who comes after him.
///
/// It must end before the shards do whose lives use it: what is left is answered by a post to them.
class workers {
 public:
  struct options {
    std::string name = "worker";  ///< of the threads, for ps and debuggers: at most 15 bytes are shown
    unsigned threads = 2;         ///< at least 1
    std::size_t waiting = 256;    ///< jobs that may wait for a thread; 0: none waits (refused unless a thread is free)
  };

  /// Throws std::system_error where the system gives no more threads.
  explicit workers(options o);
  /// stop(), then waits for what runs.
  ~workers();
  workers(const workers&) = delete;
  workers& operator=(const workers&) = delete;

  /// Runs `work` on one of the threads and resumes on the caller's own executor afterwards. False: refused, because too many wait or
  /// because of stop(); then `work` did not run and never will. What `work` throws is thrown here. From a life of any shard. Until it
  /// resumes, the caller's frame stays, so `work` may refer to what is in it.
  task<bool> run(std::uint64_t whom, std::function<void()> work);

  /// From any thread, without waiting: nothing new is taken, and what waits for a thread is answered false. What runs goes on.
  void stop() noexcept;

  /// Jobs that wait for a thread. From any thread.
  std::size_t waiting() const;

 private:
  using token = asio::use_awaitable_t<executor>;
  using handler = asio::async_result<token, void(std::exception_ptr, bool)>::handler_type;
  static inline token token_{};

  struct job {
    job(std::uint64_t whom_, std::function<void()> work_, executor ex_, handler&& resume_)
        : whom(whom_), work(std::move(work_)), ex(ex_), resume(std::move(resume_)) {}
    std::uint64_t whom;
    std::function<void()> work;
    executor ex;
    handler resume;
  };
  using job_ptr = std::unique_ptr<job>;
  /// What waits on behalf of one; never empty. The first lane is the next to be served.
  struct lane {
    std::uint64_t whom = 0;
    std::deque<job_ptr> jobs;
  };

  task<bool> hand_over(std::uint64_t whom, std::function<void()> work, executor ex);
  void take(job_ptr j);
  job_ptr line_up(job_ptr j);
  job_ptr next();
  void work_loop() noexcept;
  void join() noexcept;
  job_ptr wait_for_job();
  void execute(job_ptr j);
  static void answer(job_ptr j, std::exception_ptr failure, bool done);

  options options_;
  mutable std::mutex mutex_;
  std::condition_variable something_to_do_;
  std::list<lane> lanes_;    ///< under the mutex, as are the rest
  std::size_t waiting_ = 0;  ///< in all lanes
  unsigned idle_ = 0;        ///< threads that have no job
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace couplet::net

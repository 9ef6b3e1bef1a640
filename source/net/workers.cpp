#include "net/workers.hpp"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <utility>

namespace couplet::net {

namespace {
constexpr std::size_t shown_name = 15;  // bytes of a thread's name that Linux keeps
}  // namespace

workers::workers(options o) : options_(std::move(o)) {
  const auto name = options_.name.substr(0, shown_name);
  try {
    const auto count = std::max(options_.threads, 1U);
    idle_ = count;
    for (unsigned i = 0; i < count; ++i) {
      auto& t = threads_.emplace_back([this] { work_loop(); });
      pthread_setname_np(t.native_handle(), name.c_str());
    }
  } catch (...) {
    join();
    throw;
  }
}

workers::~workers() {
  join();
}

void workers::join() noexcept {
  stop();
  for (auto& t : threads_) t.join();
}

task<bool> workers::run(std::uint64_t whom, std::function<void()> work) {
  const auto own = co_await asio::this_coro::executor;
  const bool done = co_await hand_over(whom, std::move(work), own);
  co_return done;
}

/// A plain function: where it is awaited no lambda may capture.
task<bool> workers::hand_over(std::uint64_t whom, std::function<void()> work, executor ex) {
  return asio::async_initiate<token, void(std::exception_ptr, bool)>(
      [this, whom, ex](auto&& resumption, std::function<void()>&& task_at_hand) {
        take(std::make_unique<job>(whom, std::move(task_at_hand), ex, std::move(resumption)));
      },
      token_, std::move(work));
}

void workers::take(job_ptr j) {
  job_ptr refused;
  {
    const std::lock_guard lock(mutex_);
    refused = line_up(std::move(j));
  }
  something_to_do_.notify_one();
  if (refused) answer(std::move(refused), nullptr, false);
}

/// Answers whom there is no place for: the newcomer, or another one who has more than he.
workers::job_ptr workers::line_up(job_ptr j) {
  if (stopped_) return j;
  auto own = std::find_if(lanes_.begin(), lanes_.end(), [&](const lane& l) { return l.whom == j->whom; });
  const auto mine = own == lanes_.end() ? 0 : own->jobs.size();
  job_ptr out;
  // Threads that are idle take one each at once: those jobs don't count as waiting.
  if (waiting_ >= options_.waiting + idle_) {
    const auto longest = std::max_element(lanes_.begin(), lanes_.end(),
                                          [](const lane& a, const lane& b) { return a.jobs.size() < b.jobs.size(); });
    if (longest == lanes_.end() || longest->jobs.size() <= mine + 1) return j;
    out = std::move(longest->jobs.back());
    longest->jobs.pop_back();
    --waiting_;
  }
  if (own == lanes_.end()) {
    own = lanes_.emplace(lanes_.end());
    own->whom = j->whom;
  }
  own->jobs.push_back(std::move(j));
  ++waiting_;
  return out;
}

/// One of the first lane, which goes to the end then.
workers::job_ptr workers::next() {
  auto& first = lanes_.front();
  auto j = std::move(first.jobs.front());
  first.jobs.pop_front();
  --waiting_;
  if (first.jobs.empty()) {
    lanes_.pop_front();
  } else {
    lanes_.splice(lanes_.end(), lanes_, lanes_.begin());
  }
  return j;
}

void workers::work_loop() noexcept {
  // Writing to a pipe that nobody reads is an error of that call, not the end of the process.
  sigset_t pipes;
  ::sigemptyset(&pipes);
  ::sigaddset(&pipes, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipes, nullptr);
  while (auto j = wait_for_job()) execute(std::move(j));
}

workers::job_ptr workers::wait_for_job() {
  std::unique_lock lock(mutex_);
  something_to_do_.wait(lock, [this] { return stopped_ || waiting_ != 0; });
  if (stopped_) return nullptr;
  --idle_;
  return next();
}

void workers::execute(job_ptr j) {
  std::exception_ptr failure;
  try {
    j->work();
  } catch (...) {
    failure = std::current_exception();
  }
  {
    // Before the answer: who hears it finds this thread idle.
    const std::lock_guard lock(mutex_);
    ++idle_;
  }
  answer(std::move(j), std::move(failure), true);
}

void workers::answer(job_ptr j, std::exception_ptr failure, bool done) {
  const auto ex = j->ex;
  // What the work holds goes on this thread; the rest belongs to the life.
  j->work = nullptr;
  asio::post(ex, [j = std::move(j), failure = std::move(failure), done]() mutable {
    auto resume = std::move(j->resume);
    j.reset();
    resume(std::move(failure), done);
  });
}

void workers::stop() noexcept {
  std::list<lane> dropped;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    dropped.swap(lanes_);
    waiting_ = 0;
  }
  something_to_do_.notify_all();
  for (auto& l : dropped) {
    for (auto& j : l.jobs) answer(std::move(j), nullptr, false);
  }
}

std::size_t workers::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_;
}

}  // namespace couplet::net

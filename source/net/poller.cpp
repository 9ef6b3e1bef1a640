#include "net/poller.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <asio/error.hpp>
#include <asio/post.hpp>
#include <cassert>
#include <cerrno>
#include <system_error>

namespace couplet::net {

namespace {

constexpr std::uint32_t news_to_read = EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLET;
/// What is read before it may be less than what is there.
constexpr std::uint32_t last_news = EPOLLPRI | EPOLLRDHUP | EPOLLHUP | EPOLLERR;
constexpr std::uint32_t may_read = EPOLLIN | last_news;
constexpr std::uint32_t may_write = EPOLLOUT | EPOLLHUP | EPOLLERR;

/// The rest is for the next look.
constexpr std::size_t events_at_once = 128;

/// What a coroutine or a small function waits in.
constexpr std::size_t memory_bytes = 56;
constexpr std::size_t most_idle_memory = 64;

std::system_error failure(const char* what) {
  return {errno, std::generic_category(), what};
}

int new_epoll() {
  const int made = ::epoll_create1(EPOLL_CLOEXEC);
  if (made < 0) throw failure("epoll_create1");
  return made;
}

}  // namespace

asio::execution_context::id poller::id;

poller::poller(asio::io_context& loop)
    : asio::execution_context::service(loop), loop_(loop), epoll_(loop.get_executor(), new_epoll()) {
  idle_memory_.reserve(most_idle_memory);
}

poller::~poller() {
  for (void* const one : idle_memory_) ::operator delete(one);
}

// ---- entries --------------------------------------------------------------------------------------------------------

poller::entry::entry(poller& whole, int descriptor) : whole_(whole), descriptor_(descriptor) {
  epoll_event wanted{};
  wanted.events = news_to_read;
  wanted.data.ptr = this;
  if (::epoll_ctl(whole_.epoll_.native_handle(), EPOLL_CTL_ADD, descriptor_, &wanted) != 0)
    throw failure("cannot watch a socket");
}

/// The closing alone would not do: a child between its fork and its exec has the socket open as well, and the kernel would go on telling of it.
poller::entry::~entry() {
  epoll_event ignored{};
  ::epoll_ctl(whole_.epoll_.native_handle(), EPOLL_CTL_DEL, descriptor_, &ignored);
  ::close(descriptor_);
  whole_.stop(*this);
}

// ---- waiting --------------------------------------------------------------------------------------------------------

void poller::start(entry* e, wish what, waiter& w) {
  if (is_shut_down_) return w.finish(*this, false);
  if (e == nullptr) w.failed = asio::error::bad_descriptor;
  if (e == nullptr || (what == wish::read && e->is_readable_)) {
    ready_.push_back(w);
    return run_ready_later();
  }
  auto*& place = what == wish::read ? e->reader_ : e->writer_;
  assert(place == nullptr);
  place = &w;
  waiting_.push_back(w);
  if (what == wish::write) watch(*e, true);
  if (!is_in_batch_) listen();
}

/// Tells of room to write from now on, or no more. With what there is now.
void poller::watch(entry& e, bool writing) noexcept {
  epoll_event wanted{};
  wanted.events = writing ? news_to_read | EPOLLOUT : news_to_read;
  wanted.data.ptr = &e;
  ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_MOD, e.descriptor_, &wanted);
  e.watches_writing_ = writing;
}

void poller::ready(waiter*& w, const asio::error_code& failed) noexcept {
  if (w == nullptr) return;
  w->failed = failed;
  ready_.push_back(*std::exchange(w, nullptr));
}

void poller::stop(entry& e) noexcept {
  if (is_shut_down_ || (e.reader_ == nullptr && e.writer_ == nullptr)) return;
  ready(e.reader_, asio::error::operation_aborted);
  ready(e.writer_, asio::error::operation_aborted);
  run_ready_later();
  if (!waiting_.empty() || !listens_) return;
  // A loop ends when nobody waits for anything any more.
  asio::error_code ignored;
  epoll_.cancel(ignored);
}

void poller::listen() {
  if (listens_) return;
  epoll_.async_wait(asio::posix::descriptor_base::wait_read, [this](const asio::error_code&) {
    listens_ = false;
    if (!waiting_.empty()) on_events();
  });
  listens_ = true;
}

// ---- news -----------------------------------------------------------------------------------------------------------

void poller::on_events() {
  std::array<epoll_event, events_at_once> events;
  const int count = ::epoll_wait(epoll_.native_handle(), events.data(), static_cast<int>(events.size()), 0);
  // First all of it is noted, for whoever is called may take entries away.
  for (int i = 0; i < count; ++i) note(events[static_cast<std::size_t>(i)]);
  run_ready();
}

void poller::note(const epoll_event& event) noexcept {
  auto& e = *static_cast<entry*>(event.data.ptr);
  if ((event.events & last_news) != 0) e.is_doubtful_ = true;
  if ((event.events & may_read) != 0) {
    e.is_readable_ = true;
    ready(e.reader_, {});
  }
  if ((event.events & may_write) == 0) return;
  if (e.writer_ == nullptr && e.watches_writing_) watch(e, false);
  ready(e.writer_, {});
}

/// Those who are ready now; whom they make ready is called in the next round of the loop. A handler that throws costs the others nothing, unless
/// there is no memory to go on with: that ends the process.
void poller::run_ready() {
  waiters now;
  now.take_all(ready_);
  struct batch {
    poller& whole;
    waiters& left;
    bool is_over = false;
    ~batch() {
      whole.is_in_batch_ = false;
      whole.ready_.take_all(left);
      if (!is_over) whole.run_ready_later();
      if (!whole.waiting_.empty()) whole.listen();
    }
  } running{*this, now};
  is_in_batch_ = true;
  while (!now.empty()) now.pop_front().finish(*this, true);
  is_in_batch_ = false;
  if (at_end_of_batch_) at_end_of_batch_();
  running.is_over = true;
}

void poller::run_ready_later() {
  if (is_shut_down_ || runs_ready_later_) return;
  asio::post(loop_, [this] {
    runs_ready_later_ = false;
    run_ready();
  });
  runs_ready_later_ = true;
}

/// The loop is being destroyed, and with it all who wait. What they own may be entries, theirs and others.
void poller::shutdown() {
  is_shut_down_ = true;
  listens_ = true;
  while (!waiting_.empty() || !ready_.empty()) (waiting_.empty() ? ready_ : waiting_).pop_front().finish(*this, false);
}

// ---- memory ---------------------------------------------------------------------------------------------------------

void* poller::take_memory(std::size_t size) {
  if (size > memory_bytes || idle_memory_.empty()) return ::operator new(std::max(size, memory_bytes));
  void* const last = idle_memory_.back();
  idle_memory_.pop_back();
  return last;
}

void poller::give_back(void* memory, std::size_t size) noexcept {
  if (size > memory_bytes || idle_memory_.size() == most_idle_memory) return ::operator delete(memory);
  idle_memory_.push_back(memory);
}

}  // namespace couplet::net

#pragma once

#include <asio/error_code.hpp>
#include <asio/io_context.hpp>
#include <asio/posix/basic_stream_descriptor.hpp>
#include <cstddef>
#include <functional>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

#include "net/intrusive_list.hpp"
#include "net/task.hpp"

struct epoll_event;

namespace couplet::net {

/// Tells the sockets of one loop when there is something to read, or room to write: an epoll instance of its own (edge-triggered), for whose
/// descriptor Asio waits. Asio's own waits are a system call each (epoll_ctl), so one for every read; here it is one for all sockets that became
/// ready together, and less is kept of a socket. There is one for each loop, made when it is first asked for. On the loop's thread only.
class poller : public asio::execution_context::service {
 public:
  static asio::execution_context::id id;
  static poller& of(asio::io_context& loop) { return asio::use_service<poller>(loop); }

  enum class wish : unsigned char { read, write };

  /// Whoever waits. It lies in memory of the poller's.
  class waiter : public list_node<poller> {
   public:
    asio::error_code failed;
    /// Ends it, and calls its handler unless the loop is being destroyed. Once.
    virtual void finish(poller& whole, bool is_to_call) = 0;

   protected:
    ~waiter() = default;
  };

  /// A descriptor that is watched, and owned.
  class entry {
   public:
    /// Throws std::system_error where the kernel refuses, and the descriptor stays the caller's.
    entry(poller& whole, int descriptor);
    ~entry();
    entry(const entry&) = delete;
    entry& operator=(const entry&) = delete;

    int descriptor() const noexcept { return descriptor_; }

    /// A read came back with less than was asked for: there is nothing more, and news will come of whatever comes. That is not believed where
    /// the peer's end came along, or an urgent byte, for which there is no news of its own any more. (Nor would it be true of a message with
    /// descriptors, on a Unix-domain socket: who sends one waits for an answer until he says something else.)
    void after_short_read() noexcept { is_readable_ = is_doubtful_; }
    /// One filled what it was given.
    void after_full_read() noexcept { is_readable_ = true; }
    /// One found nothing.
    void after_empty_read() noexcept { is_readable_ = is_doubtful_ = false; }

   private:
    friend class poller;
    poller& whole_;
    waiter* reader_ = nullptr;
    waiter* writer_ = nullptr;
    int descriptor_;
    bool is_readable_ = false;  ///< there may be something to read
    bool is_doubtful_ = false;  ///< see after_short_read()
    bool watches_writing_ = false;
  };

  explicit poller(asio::io_context& loop);
  ~poller() override;
  poller(const poller&) = delete;
  poller& operator=(const poller&) = delete;

  /// Called behind those who were ready together, and in front of the next look at the sockets. Set before the loop runs.
  void at_end_of_batch(std::function<void()> what) { at_end_of_batch_ = std::move(what); }
  /// Whether it will be called, without one more round of the loop.
  bool is_in_batch() const noexcept { return is_in_batch_; }

  /// Calls `handler(asio::error_code)` on the loop, never from inside, when there may be something to read (or the end of it), or room to write, or
  /// with an error where the entry goes before that, or is none. One wait of each kind at a time. Throws std::bad_alloc.
  template <class Handler>
  void wait(entry* e, wish what, Handler&& handler) {
    using made = waiter_of<std::decay_t<Handler>>;
    start(e, what, *::new (take_memory(sizeof(made))) made(std::forward<Handler>(handler)));
  }

 private:
  template <class Handler>
  class waiter_of final : public waiter {
   public:
    explicit waiter_of(Handler handler) : handler_(std::move(handler)) {}
    void finish(poller& whole, bool is_to_call) override {
      Handler handler(std::move(handler_));
      const asio::error_code answer = failed;
      this->~waiter_of();
      whole.give_back(this, sizeof(waiter_of));
      if (is_to_call) std::move(handler)(answer);
    }

   private:
    static_assert(alignof(Handler) <= alignof(std::max_align_t) && std::is_nothrow_move_constructible_v<Handler>);
    Handler handler_;
  };
  using waiters = intrusive_list<waiter, poller>;

  void shutdown() override;
  void start(entry* e, wish what, waiter& w);
  void watch(entry& e, bool writing) noexcept;
  void ready(waiter*& w, const asio::error_code& failed) noexcept;
  void stop(entry& e) noexcept;
  void listen();
  void on_events();
  void note(const epoll_event& event) noexcept;
  void run_ready();
  void run_ready_later();
  void* take_memory(std::size_t size);
  void give_back(void* memory, std::size_t size) noexcept;

  asio::io_context& loop_;
  std::vector<void*> idle_memory_;
  std::function<void()> at_end_of_batch_;
  asio::posix::basic_stream_descriptor<executor> epoll_;
  waiters waiting_;
  waiters ready_;
  bool listens_ = false;           ///< Asio waits for news
  bool is_in_batch_ = false;       ///< calls those who are ready, and listens then
  bool runs_ready_later_ = false;  ///< is posted
  bool is_shut_down_ = false;
};

}  // namespace couplet::net

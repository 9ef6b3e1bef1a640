#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "net/deadlines.hpp"
#include "net/gate.hpp"
#include "net/intrusive_list.hpp"
#include "net/poller.hpp"
#include "net/task.hpp"

namespace couplet::net {

struct flush_tag;

/// Something with an outbox. It asks for a flush when it has something to write, and is called once at the end of the
/// turn, however often it asked.
class flushable : public list_node<flush_tag> {
 public:
  virtual ~flushable() = default;
  virtual void flush() = 0;
};

/// One thread, one event loop, and what all lives on it share. Lives never leave their shard.
///
/// A turn of the loop: sockets become readable and put what they read into channels; then, once for all of them, the
/// drains run (see set_drain) and the outboxes are flushed. So a batch of stanzas costs one write for each receiver.
class shard {
 public:
  explicit shard(std::uint8_t index);
  ~shard();
  shard(const shard&) = delete;
  shard& operator=(const shard&) = delete;

  std::uint8_t index() const noexcept { return index_; }
  asio::io_context& io() noexcept { return io_; }
  executor get_executor() noexcept { return io_.get_executor(); }

  /// Runs the loop on the calling thread until stop().
  void run();
  /// From any thread; the loop ends after the current handler, or batch of sockets. What still waits is destroyed with the shard.
  void stop();

  /// Runs `work` on this shard's thread. From any thread.
  void post(std::function<void()> work);

  /// The same after a while, from this shard's own thread: for short pauses, and finer than the wheel. Whoever is meant outlives the loop.
  void post_after(base::duration pause, std::function<void()> work);

  /// Starts a life. An exception that leaves it is logged under `label`, a constant, and costs only that life.
  void spawn(const char* label, task<> life);

  // From here on: on the shard's own thread only.

  deadlines& wheel() noexcept { return wheel_; }
  gate& lives() noexcept { return lives_; }
  /// As of the last time the loop looked; good enough for deadlines and rates.
  base::time_point now() const noexcept { return base::clock::now(); }

  /// Where plain functions read into. Never kept across a suspension.
  std::span<char> read_buffer() noexcept { return read_buffer_; }

  /// Where TLS decrypts to, and where it encrypts to: valid until the next read or flush of any connection here.
  std::string& plain_buffer() noexcept { return plain_buffer_; }
  std::string& cipher_buffer() noexcept { return cipher_buffer_; }

  /// A turn is due: from the own thread. From inside of a turn: one more look at the queues, in the same turn where it has rounds left.
  void request_turn();
  /// The same from any thread.
  void request_turn_from_anywhere();
  void request_flush(flushable& item) {
    dirty_.push_back(item);
    if (!in_turn_) request_turn();  // a turn ends with all flushes
  }

  /// Called in each turn until it answers false (nothing was left to do). Set before run().
  void set_drain(std::function<bool()> drain) { drain_ = std::move(drain); }

  /// A read takes at most this much, then the loop goes on with the next connection (fairness).
  static constexpr std::size_t read_bytes = 16 * 1024;

 private:
  class turn_mark;
  void turn();
  void sweep_later();

  std::uint8_t index_;
  deadlines wheel_;
  gate lives_;
  std::vector<char> read_buffer_;
  std::string plain_buffer_;
  std::string cipher_buffer_;
  intrusive_list<flushable, flush_tag> dirty_;
  std::function<bool()> drain_;
  bool turn_requested_ = false;
  bool in_turn_ = false;
  bool another_round_ = false;  ///< something was put into a queue since the last round of this turn began
  std::atomic<bool> remote_turn_requested_{false};
  // Behind the lists, so that it goes first: it owns the lives that still wait, and those take themselves off the lists.
  asio::io_context io_;
  poller& poller_;
  asio::executor_work_guard<executor> work_;
  asio::basic_waitable_timer<base::clock, asio::wait_traits<base::clock>, executor> sweep_timer_;
};

}  // namespace couplet::net

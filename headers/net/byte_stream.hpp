#pragma once

#include <asio/async_result.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "net/poller.hpp"
#include "net/task.hpp"

namespace couplet::net {

/// What a non-blocking read or write came to.
struct io_result {
  enum class status : unsigned char { ok, would_block, closed, failed };
  std::size_t bytes = 0;
  status state = status::ok;
  int error = 0;  ///< errno, where it failed
};

/// A connected stream socket of any family. Reading and writing are plain calls that never block, into and out of the
/// caller's memory; only the two waits suspend. So an idle connection owns no buffer.
class byte_stream {
 public:
  /// Takes over a connected descriptor. Throws std::system_error where the kernel refuses to watch it.
  byte_stream(executor ex, int descriptor);
  byte_stream(byte_stream&&) = default;

  /// Suspends until there may be something to read, or the end of it. Answers the error where the wait itself failed, as after close().
  task<std::tuple<asio::error_code>> readable() {
    return asio::async_initiate<decltype(as_result), void(asio::error_code)>(
        [this](auto done) { poller_->wait(watched_.get(), poller::wish::read, std::move(done)); }, as_result);
  }

  /// Calls `done` once the socket takes bytes again, or has failed or was closed. For the one in a thousand who doesn't take
  /// his bytes at once: nothing of it exists otherwise.
  template <class Handler>
  void when_writable(Handler&& done) {
    poller_->wait(watched_.get(), poller::wish::write, std::forward<Handler>(done));
  }

  io_result read_some(std::span<char> into) noexcept;
  /// Nothing is left of what readable() told of, by other means than read_some(): a listening socket has nobody waiting any more.
  void all_is_taken() noexcept {
    if (watched_) watched_->after_empty_read();
  }
  io_result write_some(std::string_view bytes) noexcept;

  /// No more will be written; the peer sees the end after what was written.
  void shutdown_write() noexcept;
  /// Wakes what waits, with an error. May be called again.
  void close() noexcept;
  bool is_open() const noexcept { return watched_ != nullptr; }

 private:
  int descriptor() const noexcept { return watched_ ? watched_->descriptor() : -1; }

  poller* poller_ = nullptr;
  std::unique_ptr<poller::entry> watched_;
};

/// Options of a client's or component's TCP socket: no delay, keepalive probes after five idle minutes.
void tune_tcp(int descriptor) noexcept;

/// A TCP connection ends when something that was sent on it is not acknowledged for so long: its peer is gone without a word, which keepalive probes do
/// not find out while something is under way. Otherwise the kernel tries for a quarter of an hour. 0: so it does. Nothing on other sockets.
void limit_unanswered(int descriptor, std::chrono::milliseconds longest) noexcept;

}  // namespace couplet::net

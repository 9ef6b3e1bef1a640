#include "net/byte_stream.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace couplet::net {

namespace {

io_result failed_or_blocked() noexcept {
  const int e = errno;
  io_result r;
  r.state = (e == EAGAIN || e == EWOULDBLOCK || e == EINTR) ? io_result::status::would_block : io_result::status::failed;
  r.error = e;
  return r;
}

}  // namespace

byte_stream::byte_stream(executor ex, int descriptor) {
  try {
    poller_ = &poller::of(ex.context());
    watched_ = std::make_unique<poller::entry>(*poller_, descriptor);
  } catch (...) {
    ::close(descriptor);
    throw;
  }
}

io_result byte_stream::read_some(std::span<char> into) noexcept {
  const auto n = ::recv(descriptor(), into.data(), into.size(), MSG_DONTWAIT);
  if (n < 0) {
    const auto r = failed_or_blocked();
    if (r.state == io_result::status::would_block && r.error != EINTR) watched_->after_empty_read();
    return r;
  }
  if (static_cast<std::size_t>(n) < into.size()) {
    watched_->after_short_read();
  } else {
    watched_->after_full_read();
  }
  io_result r;
  r.bytes = static_cast<std::size_t>(n);
  if (n == 0) r.state = io_result::status::closed;
  return r;
}

io_result byte_stream::write_some(std::string_view bytes) noexcept {
  const auto n = ::send(descriptor(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (n < 0) return failed_or_blocked();
  io_result r;
  r.bytes = static_cast<std::size_t>(n);
  return r;
}

void byte_stream::shutdown_write() noexcept {
  ::shutdown(descriptor(), SHUT_WR);
}

void byte_stream::close() noexcept {
  watched_.reset();
}

void tune_tcp(int descriptor) noexcept {
  const int on = 1;
  const int idle_seconds = 300;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, &idle_seconds, sizeof idle_seconds);
}

void limit_unanswered(int descriptor, std::chrono::milliseconds longest) noexcept {
  const auto milliseconds = static_cast<unsigned>(longest.count());
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, sizeof milliseconds);
}

}  // namespace couplet::net

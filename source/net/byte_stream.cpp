#include "net/byte_stream.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <asio/error_code.hpp>
#include <cerrno>
#include <system_error>

namespace couplet::net {

namespace {

io_result failed_or_blocked() noexcept {
  const int e = errno;
  io_result r;
  r.state = (e == EAGAIN || e == EWOULDBLOCK || e == EINTR) ? io_result::status::would_block : io_result::status::failed;
  r.error = e;
  return r;
}

asio::generic::stream_protocol protocol_of(int descriptor) {
  int family = AF_INET;
  socklen_t size = sizeof family;
  ::getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &family, &size);
  return {family, family == AF_UNIX ? 0 : IPPROTO_TCP};
}

}  // namespace

byte_stream::byte_stream(executor ex, int descriptor) : socket_(ex) {
  asio::error_code failed;
  socket_.assign(protocol_of(descriptor), descriptor, failed);
  if (failed) {
    ::close(descriptor);
    throw std::system_error(failed, "cannot watch a socket");
  }
}

io_result byte_stream::read_some(std::span<char> into) noexcept {
  const auto n = ::recv(socket_.native_handle(), into.data(), into.size(), MSG_DONTWAIT);
  if (n < 0) return failed_or_blocked();
  io_result r;
  r.bytes = static_cast<std::size_t>(n);
  if (n == 0) r.state = io_result::status::closed;
  return r;
}

io_result byte_stream::write_some(std::string_view bytes) noexcept {
  const auto n = ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (n < 0) return failed_or_blocked();
  io_result r;
  r.bytes = static_cast<std::size_t>(n);
  return r;
}

void byte_stream::shutdown_write() noexcept {
  asio::error_code ignored;
  socket_.shutdown(wait::shutdown_send, ignored);
}

void byte_stream::close() noexcept {
  asio::error_code ignored;
  socket_.close(ignored);
}

void tune_tcp(int descriptor) noexcept {
  const int on = 1;
  const int idle_seconds = 300;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, &idle_seconds, sizeof idle_seconds);
}

}  // namespace couplet::net

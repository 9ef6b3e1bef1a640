#include "peer_end.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <utility>

namespace couplet::lives {

void settle(net::shard& s) {
  while (s.io().poll() != 0) {
  }
}

void let_deadlines_pass(net::shard& s) {
  s.wheel().advance(base::clock::now() + std::chrono::hours(1));
  settle(s);
}

socket_pair::socket_pair() {
  std::signal(SIGPIPE, SIG_IGN);
  int two[2] = {};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, two) != 0) throw std::runtime_error("no socket pair");
  life = two[0];
  test = two[1];
}

socket_pair socket_pair::of_tcp() {
  std::signal(SIGPIPE, SIG_IGN);
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int one = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const address = reinterpret_cast<sockaddr*>(&where);
  socklen_t size = sizeof where;
  const bool connected = ::bind(listener, address, size) == 0 && ::listen(listener, 1) == 0 &&
                         ::getsockname(listener, address, &size) == 0 && ::connect(one, address, size) == 0;
  const int other = connected ? ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC) : -1;
  ::close(listener);
  if (other < 0) throw std::runtime_error("no connection over the loopback");
  return {other, one};
}

void peer_end::send(std::string_view bytes) {
  while (!bytes.empty() && socket_ >= 0) {
    const auto n = ::write(socket_, bytes.data(), bytes.size());
    if (n < 0 && (errno == EPIPE || errno == ECONNRESET)) return;
    if (n < 0) throw std::runtime_error("the connection takes nothing");
    bytes.remove_prefix(static_cast<std::size_t>(n));
    settle(shard_);
  }
}

void peer_end::put(std::string_view bytes) {
  if (::write(socket_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
    throw std::runtime_error("not taken at once");
}

std::string peer_end::take() {
  std::string all = std::exchange(put_back_, {});
  std::vector<char> part(65536);
  while (socket_ >= 0) {
    const auto n = ::read(socket_, part.data(), part.size());
    if (n == 0 || (n < 0 && errno == ECONNRESET)) ended = true;
    if (n <= 0) break;
    all.append(part.data(), static_cast<std::size_t>(n));
    settle(shard_);
  }
  return all;
}

void peer_end::hang_up() {
  let_go();
  settle(shard_);
}

void peer_end::let_go() {
  if (socket_ >= 0) ::close(std::exchange(socket_, -1));
}

namespace {
std::string caught;
}  // namespace

caught_log::caught_log(base::log::level lowest) {
  caught.clear();
  base::log::set_level(lowest);
  base::log::set_sink([](std::string_view line) { caught.append(line).append("\n"); });
}

caught_log::~caught_log() {
  base::log::set_sink(nullptr);
  base::log::set_level(base::log::level::off);
}

const std::string& caught_log::text() const {
  return caught;
}

}  // namespace couplet::lives

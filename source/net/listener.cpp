#include "net/listener.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <asio/steady_timer.hpp>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "base/log.hpp"
#include "net/byte_stream.hpp"
#include "unix_socket.hpp"

namespace couplet::net {

namespace {

constexpr auto back_off = std::chrono::milliseconds(100);
constexpr int accepts_per_turn = 64;

std::string errno_text(int e) {
  return std::strerror(e);
}

bool is_loopback(const sockaddr_storage& a) {
  if (a.ss_family == AF_UNIX) return true;
  if (a.ss_family == AF_INET) {
    return (ntohl(reinterpret_cast<const sockaddr_in&>(a).sin_addr.s_addr) >> 24U) == 127;
  }
  const auto& six = reinterpret_cast<const sockaddr_in6&>(a).sin6_addr;
  if (IN6_IS_ADDR_LOOPBACK(&six)) return true;
  return IN6_IS_ADDR_V4MAPPED(&six) && six.s6_addr[12] == 127;
}

endpoint endpoint_of(const sockaddr_storage& a) {
  char text[INET6_ADDRSTRLEN] = {};
  if (a.ss_family == AF_INET) {
    const auto& four = reinterpret_cast<const sockaddr_in&>(a);
    ::inet_ntop(AF_INET, &four.sin_addr, text, sizeof text);
    return {text, ntohs(four.sin_port)};
  }
  if (a.ss_family == AF_INET6) {
    const auto& six = reinterpret_cast<const sockaddr_in6&>(a);
    if (IN6_IS_ADDR_V4MAPPED(&six.sin6_addr)) {
      ::inet_ntop(AF_INET, &six.sin6_addr.s6_addr[12], text, sizeof text);
    } else {
      ::inet_ntop(AF_INET6, &six.sin6_addr, text, sizeof text);
    }
    return {text, ntohs(six.sin6_port)};
  }
  return {std::string(local_address), 0};
}

peer peer_of(int descriptor, const sockaddr_storage& remote) {
  peer p;
  const auto e = endpoint_of(remote);
  p.address = e.host;
  p.port = e.port;
  sockaddr_storage local{};
  socklen_t size = sizeof local;
  p.loopback =
      ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&local), &size) == 0 && is_loopback(local) && is_loopback(remote);
  return p;
}

/// A bound socket, or -1 and errno.
int bind_socket(const addrinfo& where, bool reuse_port) {
  const int s = ::socket(where.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (s < 0) return -1;
  const int on = 1;
  const int off = 0;
  ::setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (where.ai_family == AF_INET6) ::setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  if (reuse_port) ::setsockopt(s, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  if (::bind(s, where.ai_addr, where.ai_addrlen) == 0 && ::listen(s, SOMAXCONN) == 0) return s;
  const int e = errno;
  ::close(s);
  errno = e;
  return -1;
}

struct address_list {
  addrinfo* first = nullptr;
  address_list() = default;
  address_list(const address_list&) = delete;
  address_list& operator=(const address_list&) = delete;
  ~address_list() {
    if (first != nullptr) ::freeaddrinfo(first);
  }
};

}  // namespace

listener::listener(int descriptor, endpoint local, std::unique_ptr<socket_file> file) noexcept
    : descriptor_(descriptor), local_(std::move(local)), file_(std::move(file)) {}

base::result<listener> listener::open_path(const endpoint& where, bool shared) {
  if (shared) return base::error("cannot listen on " + to_text(where) + " more than once");
  auto opened = listen_on_path(where.path);
  if (!opened) return base::error("cannot listen on " + to_text(where) + ": " + opened.error_text());
  return listener(opened->descriptor, where, std::move(opened->file));
}

base::result<listener> listener::open(const endpoint& where, bool shared, bool first) {
  if (where.is_unix()) return open_path(where, shared);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  address_list found;
  const auto port = std::to_string(where.port);
  const int failed = ::getaddrinfo(where.host.c_str(), port.c_str(), &hints, &found.first);
  if (failed != 0) return base::error("cannot listen on " + to_text(where) + ": " + ::gai_strerror(failed));

  // Two processes of one user could share a port by SO_REUSEPORT without knowing: a bind without it finds that out.
  if (shared && first && where.port != 0) {
    const int probe = bind_socket(*found.first, false);
    if (probe < 0 && errno == EADDRINUSE) {
      return base::error("cannot listen on " + to_text(where) + ": " + errno_text(EADDRINUSE));
    }
    if (probe >= 0) ::close(probe);
  }
  int s = bind_socket(*found.first, shared);
  if (s < 0 && errno == EAFNOSUPPORT && where.host == "::") {
    return open({"0.0.0.0", where.port}, shared, first);
  }
  if (s < 0) return base::error("cannot listen on " + to_text(where) + ": " + errno_text(errno));

  sockaddr_storage local{};
  socklen_t size = sizeof local;
  ::getsockname(s, reinterpret_cast<sockaddr*>(&local), &size);
  return listener(s, endpoint_of(local));
}

listener::listener(listener&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), local_(std::move(other.local_)), file_(std::move(other.file_)) {}

listener::~listener() {
  file_.reset();  // while the socket is open, nobody else's file can be taken for ours
  if (descriptor_ >= 0) ::close(descriptor_);
}

struct listener::accept_state {
  accept_state(shard& s, int descriptor) : socket(s.get_executor(), descriptor), timer(s.get_executor()) {}

  /// Takes what waits; answers whether to back off because descriptors or memory ran out.
  bool accept_some(int descriptor, const on_accept& accepted) {
    for (int n = 0; n < accepts_per_turn; ++n) {
      sockaddr_storage remote{};
      socklen_t size = sizeof remote;
      const int c = ::accept4(descriptor, reinterpret_cast<sockaddr*>(&remote), &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (c >= 0) {
        if (remote.ss_family != AF_UNIX) tune_tcp(c);
        hand_over(c, remote, accepted);
        continue;
      }
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        say_exhausted(errno);
        return true;
      }
      if (errno == EAGAIN || errno == EWOULDBLOCK) {
        socket.all_is_taken();
        return false;
      }
    }
    return false;
  }

  void hand_over(int c, const sockaddr_storage& remote, const on_accept& accepted) {
    try {
      accepted(c, peer_of(c, remote));
    } catch (const std::exception& e) {
      base::log::error("a connection was accepted and lost", {{"what", e.what()}});
    }
  }

  void say_exhausted(int e) {
    const auto now = base::clock::now();
    if (now < quiet_until) return;
    quiet_until = now + std::chrono::seconds(10);
    base::log::warning("cannot accept more connections; those that are open go on", {{"why", errno_text(e)}});
  }

  byte_stream socket;
  asio::basic_waitable_timer<base::clock, asio::wait_traits<base::clock>, executor> timer;
  base::time_point quiet_until{};
  bool stopped = false;
};

class listener::running_mark {
 public:
  running_mark(listener& l, accept_state& state) noexcept : listener_(l) { l.running_ = &state; }
  ~running_mark() { listener_.running_ = nullptr; }
  running_mark(const running_mark&) = delete;
  running_mark& operator=(const running_mark&) = delete;

 private:
  listener& listener_;
};

task<> listener::accept_loop(shard& s, on_accept accepted) {
  const int descriptor = std::exchange(descriptor_, -1);
  accept_state state(s, descriptor);  // the socket belongs to it from here on
  const running_mark mark(*this, state);
  while (!state.stopped) {
    const auto [failed] = co_await state.socket.readable();
    if (failed || state.stopped) break;
    if (state.accept_some(descriptor, accepted)) {
      state.timer.expires_after(back_off);
      co_await state.timer.async_wait(as_result);
    }
  }
}

void listener::stop() {
  file_.reset();
  if (running_ == nullptr) return;
  running_->stopped = true;
  running_->socket.close();
  running_->timer.cancel();
}

}  // namespace couplet::net

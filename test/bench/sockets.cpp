#include "sockets.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <ctime>
#include <stdexcept>

namespace couplet::bench {

namespace {

sockaddr_in to_sockaddr(std::uint32_t address, std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_addr.s_addr = htonl(address);
  out.sin_port = htons(port);
  return out;
}

void set_option(int fd, int level, int option, int value) {
  setsockopt(fd, level, option, &value, sizeof value);
}

}  // namespace

endpoint parse_endpoint(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  endpoint out;
  in_addr address{};
  if (colon != std::string::npos && inet_pton(AF_INET, text.substr(0, colon).c_str(), &address) == 1) {
    out.address = ntohl(address.s_addr);
    std::from_chars(text.data() + colon + 1, text.data() + text.size(), out.port);
  }
  if (out.port == 0 || (out.address >> 24) != 127)
    throw std::invalid_argument("expected a loopback address and a port like 127.0.0.1:5222, got " + text);
  return out;
}

std::size_t raise_open_files(std::size_t needed) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < needed)
    throw std::runtime_error("needs " + std::to_string(needed) + " open files, the limit is " + std::to_string(limit.rlim_cur));
  return limit.rlim_cur;
}

int connect_to(const endpoint& server, std::size_t number) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw std::runtime_error("socket: " + std::string(strerror(errno)));
  set_option(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  const linger reset{1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  const auto from = to_sockaddr(0x7f000101U + static_cast<std::uint32_t>(number % 64), 0);
  const auto to = to_sockaddr(server.address, server.port);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0 ||
      connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
    const int error = errno;
    close(fd);
    throw std::runtime_error("connecting to port " + std::to_string(server.port) + ": " + strerror(error));
  }
  return fd;
}

void send_all(int fd, const char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes += sent;
      size -= static_cast<std::size_t>(sent);
      continue;
    }
    pollfd room{fd, POLLOUT, 0};
    if (errno != EAGAIN || poll(&room, 1, 10'000) != 1) throw std::runtime_error("send: " + std::string(strerror(errno)));
  }
}

std::uint64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace couplet::bench

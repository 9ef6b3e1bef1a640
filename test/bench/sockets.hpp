#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace couplet::bench {

/// Where a server listens. Loopback only: a benchmark has no business elsewhere.
struct endpoint {
  std::uint32_t address = 0x7f000001;  ///< host byte order
  std::uint16_t port = 0;
};

/// Reads `127.0.0.1:5222`. Throws std::invalid_argument for anything that is not a loopback address and a port.
[[nodiscard]] endpoint parse_endpoint(const std::string& text);

/// Raises the limit of open files to the hard limit and returns it. Throws std::runtime_error where `needed` is more.
std::size_t raise_open_files(std::size_t needed);

/// A connected, non-blocking socket without Nagle's delay, which closes with a reset (no TIME_WAIT, no ports used up).
/// `number` picks one of 64 source addresses in 127.0.1.x, so that the ports of one address do not run out.
/// Throws std::runtime_error.
[[nodiscard]] int connect_to(const endpoint& server, std::size_t number);

/// Sends everything; waits where the socket takes no more (ten seconds at most). Throws std::runtime_error.
void send_all(int fd, const char* bytes, std::size_t size);
inline void send_all(int fd, std::string_view bytes) {
  send_all(fd, bytes.data(), bytes.size());
}

/// Monotonic time in nanoseconds.
[[nodiscard]] std::uint64_t now_ns();

}  // namespace couplet::bench

#pragma once

#include <cstdint>
#include <string>

namespace couplet::net {

/// Where to listen or to dial: a host name or an IP literal without brackets, and a port; 0: the kernel chooses. Or, to listen
/// only, the path of a Unix-domain socket.
struct endpoint {
  std::string host;
  std::uint16_t port = 0;
  std::string path{};  ///< not empty: a Unix-domain socket, and host and port mean nothing

  bool is_unix() const noexcept { return !path.empty(); }
  /// Whether several shards may listen there, and the kernel gives each its part of the connections (SO_REUSEPORT). On a
  /// Unix-domain socket one shard accepts, and has all its clients.
  bool shares() const noexcept { return !is_unix(); }
};

/// "127.0.0.1:5222", "[::1]:5222", "unix:/run/couplet/clients".
std::string to_text(const endpoint& e);

}  // namespace couplet::net

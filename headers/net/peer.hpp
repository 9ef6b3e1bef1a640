#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace couplet::net {

/// In place of the address of who comes through a Unix-domain socket.
inline constexpr std::string_view local_address = "local";

/// Who connected.
struct peer {
  std::string address;  ///< IP literal; an IPv4 client of a dual-stack listener is shown as IPv4; "local" on a Unix-domain socket
  std::uint16_t port = 0;
  /// Both ends are loopback addresses, or it is a Unix-domain socket: nothing leaves the machine.
  bool loopback = false;
  /// What a rate per address counts by: the IPv4 address, or the IPv6 /64.
  std::string rate_key() const;
};

}  // namespace couplet::net

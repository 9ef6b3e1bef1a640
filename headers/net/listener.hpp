#pragma once

#include <asio/generic/stream_protocol.hpp>
#include <cstdint>
#include <functional>
#include <string>

#include "base/result.hpp"
#include "net/shard.hpp"

namespace couplet::net {

/// Where to listen or to dial: a host name or an IP literal without brackets, and a port; 0: the kernel chooses.
struct endpoint {
  std::string host;
  std::uint16_t port = 0;
};

/// "127.0.0.1:5222", "[::1]:5222".
std::string to_text(const endpoint& e);

/// Who connected.
struct peer {
  std::string address;  ///< IP literal; an IPv4 client of a dual-stack listener is shown as IPv4
  std::uint16_t port = 0;
  bool loopback = false;  ///< both ends are loopback addresses: nothing leaves the machine
  /// What a rate per address counts by: the IPv4 address, or the IPv6 /64.
  std::string rate_key() const;
};

/// A listening socket. Made before the shards run, so that a taken port is an error at start.
class listener {
 public:
  /// Binds and listens. `shared`: further listeners of this process (other shards) will bind the same address (SO_REUSEPORT);
  /// `first`: this is the first of them, which makes sure that no other process has the port.
  /// [::] is dual-stack, and 0.0.0.0 where the kernel has no IPv6. Errors name the address.
  static base::result<listener> open(const endpoint& where, bool shared, bool first);

  listener(listener&& other) noexcept;
  listener& operator=(listener&&) = delete;
  ~listener();

  /// With the port that the kernel chose.
  const endpoint& local() const noexcept { return local_; }

  /// What is done with a connection: takes over the descriptor.
  using on_accept = std::function<void(int descriptor, const peer& who)>;

  /// Accepts on `s` until `stop` was called or the shard ends. Backs off, says so and goes on when descriptors run out.
  /// The listener must outlive the life.
  task<> accept_loop(shard& s, on_accept accepted);
  /// On the shard's thread: closes the socket; the life returns.
  void stop();

 private:
  struct accept_state;
  class running_mark;
  listener(int descriptor, endpoint local) noexcept : descriptor_(descriptor), local_(std::move(local)) {}

  int descriptor_ = -1;
  endpoint local_;
  accept_state* running_ = nullptr;  ///< in the life's frame, while it runs
};

}  // namespace couplet::net

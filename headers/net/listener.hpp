#pragma once

#include <functional>
#include <memory>

#include "base/result.hpp"
#include "net/endpoint.hpp"
#include "net/peer.hpp"
#include "net/shard.hpp"

namespace couplet::net {

class socket_file;

/// A listening socket. Made before the shards run, so that a taken port is an error at start.
class listener {
 public:
  /// Binds and listens. `shared`: further listeners of this process (other shards) will bind the same address (SO_REUSEPORT);
  /// `first`: this is the first of them, which makes sure that no other process has the port.
  /// [::] is dual-stack, and 0.0.0.0 where the kernel has no IPv6. Errors name the address.
  ///
  /// A Unix-domain socket cannot be shared (see endpoint::shares). Its file has the mode 0660 and is removed by stop() or with
  /// this object; one that a dead process left is replaced. It is an error where another process listens, where the file is no
  /// socket, and where the path is longer than 107 bytes.
  static base::result<listener> open(const endpoint& where, bool shared, bool first);

  listener(listener&& other) noexcept;
  listener& operator=(listener&&) = delete;
  ~listener();

  /// Where it listens, with the port that the kernel chose.
  const endpoint& local() const noexcept { return local_; }

  /// What is done with a connection: takes over the descriptor.
  using on_accept = std::function<void(int descriptor, const peer& who)>;

  /// Accepts on `s` until `stop` was called or the shard ends. Backs off, says so and goes on when descriptors run out.
  /// The listener must outlive the life.
  task<> accept_loop(shard& s, on_accept accepted);
  /// On the shard's thread: closes the socket, removes its file; the life returns.
  void stop();

 private:
  struct accept_state;
  class running_mark;
  listener(int descriptor, endpoint local, std::unique_ptr<socket_file> file = nullptr) noexcept;
  static base::result<listener> open_path(const endpoint& where, bool shared);

  int descriptor_ = -1;
  endpoint local_;
  std::unique_ptr<socket_file> file_;  ///< of a Unix-domain socket
  accept_state* running_ = nullptr;    ///< in the life's frame, while it runs
};

}  // namespace couplet::net

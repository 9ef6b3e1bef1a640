#pragma once

#include "base/result.hpp"
#include "net/listener.hpp"
#include "net/task.hpp"

namespace couplet::net {

/// A connection attempt that can be given up from outside, by a deadline or a shutdown.
class dialer {
 public:
  explicit dialer(shard& s);
  ~dialer();
  dialer(const dialer&) = delete;
  dialer& operator=(const dialer&) = delete;

  /// Resolves the name, tries its addresses in turn, and answers a connected descriptor that the caller owns, or why there
  /// is none. One attempt at a time.
  task<base::result<int>> dial(endpoint where);
  /// On the shard's thread: the attempt ends with an error.
  void give_up();

 private:
  struct attempt;
  std::unique_ptr<attempt> attempt_;
};

}  // namespace couplet::net

#pragma once

#include <chrono>

namespace couplet::base::log {

/// While it lives, lines go to standard error by a thread of its own: whoever logs puts his line into a queue and never waits for a
/// reader of the log that is slow, or stuck. The order of the lines stays. What finds the queue full (256 KiB) is lost and counted;
/// as soon as there is room again, a warning stands where it would have stood: "N lines of the log were lost".
///
/// One at a time; made before there are other threads that log. The flags of the descriptor stay as they are: a terminal is
/// shared with others. Where the system gives no thread, lines are written at once, as without it.
class background_writer {
 public:
  background_writer();
  /// finish(), with a second.
  ~background_writer();
  background_writer(const background_writer&) = delete;
  background_writer& operator=(const background_writer&) = delete;

  /// Waits until all is written, but no longer than that; what is left then is lost, and so is what comes later. Otherwise what
  /// comes later is written at once. From one thread; the second call does nothing.
  void finish(std::chrono::milliseconds at_most) noexcept;
};

}  // namespace couplet::base::log

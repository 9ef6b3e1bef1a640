#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "login.hpp"
#include "pairs.hpp"

namespace couplet::bench {

/// One of the things compared: its sockets, which are ready for messages, and whose CPU time it costs.
struct contender {
  std::string name;
  std::vector<client> clients;
  std::vector<std::string> messages;  ///< what each of them sends
  std::vector<pid_t> pids;

  contender() = default;
  ~contender() { close_all(clients); }
  contender(const contender&) = delete;
  contender& operator=(const contender&) = delete;
};

/// How long and how often each of them is measured.
struct contest_plan {
  unsigned rounds = 5, milliseconds = 2000;
  answer how = answer::credit;
  std::string suffix;  ///< of the figures' names
};

using contenders = std::vector<std::unique_ptr<contender>>;

/// Rounds by turns (server, relay, server, ...) with that many messages in flight in each pair, then the figures: rate and CPU time of
/// each, and its ratio to the last of them, which is the yardstick.
void compare(const contenders& all, unsigned in_flight, const contest_plan& what);

/// The same at a fixed pace, all pairs together: what each message costs the server that has time for it.
void compare_at_rate(const contenders& all, cadence wanted, const contest_plan& what);

}  // namespace couplet::bench

#pragma once

#include <string>
#include <vector>

#include "route/message.hpp"
#include "stream/client_stream.hpp"

namespace couplet::stream {

/// What a session needs to be had again from a manager that has lost it.
struct client_stream::kept {
  std::string presence;           ///< the last one without `to`, as it went to the manager; empty: none, or unavailable
  std::vector<route::held> held;  ///< what came back unhandled, in the order in which it was sent
  bool waits_for_others = false;  ///< from the question for the session until all have theirs
};

}  // namespace couplet::stream

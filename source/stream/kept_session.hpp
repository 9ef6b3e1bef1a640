#pragma once

#include <cstdint>
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
  bool is_due = false;            ///< the session: from the question for it until it is there, or refused
  bool was_turned_away = false;   ///< the question for it, by the link
  bool is_echoed = false;  ///< the manager has given the client its own presence (RFC 6121 section 4.2.2); not every one does
  bool is_unseen =
      false;  ///< the presence was said again, and has not come back yet, as it does when the manager has worked on it

  // What the client asked for once, and is to be as it was.
  enum wish : std::uint8_t {
    carbons = 1U << 0U,  ///< XEP-0280
    roster = 1U << 1U,   ///< and so its changes (RFC 6121 section 2.1.6)
    blocked = 1U << 2U,  ///< the same of the block list (XEP-0191 section 3.2)
  };
  static constexpr wish wishes_there_are[] = {roster, blocked, carbons};
  std::uint8_t wishes = 0;
  std::uint8_t answers_due = 0;  ///< of those that we have said again: they are not for the client
  bool is_needed() const noexcept { return !presence.empty() || wishes != 0 || answers_due != 0 || is_due || is_unseen; }
};

}  // namespace couplet::stream

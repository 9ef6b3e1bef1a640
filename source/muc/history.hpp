#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "room.hpp"

/// What was said before: XEP-0045 sections 7.2.12 to 7.2.15.
namespace couplet::muc {

/// How much of it somebody wants (section 7.2.13).
struct history_request {
  std::optional<std::size_t> characters;
  std::optional<std::size_t> messages;
  std::optional<time_point> since;
};

/// `x`: the child of a presence in the namespace muc.
history_request read_history_request(const xml::element& x, time_point now);

/// Keeps a message. `rest`: without the end of its tag.
void remember(core& all, room& r, std::string rest, time_point now);
/// The room forgets all of it.
void forget_history(core& all, room& r);

void send_history(effects& out, const room& r, const session& whom, const history_request& wanted);
void send_subject(effects& out, const room& r, const session& whom);

}  // namespace couplet::muc

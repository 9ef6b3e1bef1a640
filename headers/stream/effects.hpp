#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/close_reason.hpp"
#include "route/message.hpp"
#include "sasl/credentials.hpp"

namespace couplet::stream {

/// What a machine asks its connection to do after an event, in this order: write, route, then restart or close.
/// Owned by the shard, refilled for every event.
struct effects {
  std::string to_peer;                     ///< bytes for the socket
  std::vector<route::message> to_manager;  ///< in order
  /// A stanza for the peer as it came over a route; written after to_peer. It stands apart from to_peer because what a
  /// client does not take goes back to where it came from.
  std::string stanza_to_peer;
  /// What is to be asked of whoever knows passwords or keys; the answer goes to client_stream::on_answer(). Input is held until then.
  std::optional<sasl::question> question;
  bool start_tls = false;       ///< once to_peer is written; a stream header comes next
  bool restart_stream = false;  ///< the next thing from the peer is a stream header again
  bool session_back = false;    ///< the one that the manager had lost
  bool logged_in = false;       ///< from now on the limits for users apply
  bool unanswered = false;      ///< a login was refused, and only since whoever knows was down, silent or in trouble
  base::close_reason close = base::close_reason::none;  ///< to_peer already holds the stream error and the footer

  void clear() noexcept {
    to_peer.clear();
    to_manager.clear();
    stanza_to_peer.clear();
    question.reset();
    start_tls = restart_stream = session_back = logged_in = unanswered = false;
    close = base::close_reason::none;
  }
};

}  // namespace couplet::stream

#pragma once

#include <chrono>
#include <string_view>

#include "stream/component_stream.hpp"
#include "xml/tokenizer.hpp"

namespace couplet::component {

/// What is done with the traffic of one connection after its handshake. The connection reads, writes and ends; its traffic knows what the
/// elements mean and who is served by whom. Called by its connection, on the listener's shard.
class traffic {
 public:
  virtual ~traffic() = default;
  /// The tokenizer's current element, from the peer. What the peer is told at once, and whether its stream ends, goes to `out`.
  virtual void on_element(const xml::tokenizer& from, stream::component_effects& out) = 0;
  /// The peer takes too little of what it is sent, or has caught up. Calls alternate.
  virtual void on_slow(bool slow) = 0;
  /// Its name is not served by this connection any more: the stream ends. May come more than once.
  virtual void leave() = 0;
  /// Whether the peer counts what it is sent.
  virtual bool counts() const noexcept { return false; }
  /// The connection is over, and this goes on without it, with what was not acknowledged: then nothing goes back, and it is not gone.
  virtual bool outlives(net::outbox&, base::close_reason) { return false; }
  /// A piece that the peer was not given. Only when the connection is over, in their order, and before on_gone().
  virtual void give_back(std::string_view piece) = 0;
  /// The connection is over.
  virtual void on_gone() = 0;
  /// "c2s", "component": for log lines.
  virtual std::string_view kind() const noexcept = 0;
  /// Of what the peer sends from now on. They outlive the connection.
  virtual const xml::tokenizer_limits& limits() const noexcept = 0;
  /// How long the connection may be silent before it is sent white space; 0: for ever.
  virtual std::chrono::seconds keepalive() const noexcept { return std::chrono::seconds(0); }
};

}  // namespace couplet::component

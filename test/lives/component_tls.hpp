#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "../unit/tls/peer.hpp"
#include "component_house.hpp"

namespace couplet::lives {

/// A component behind TLS: the other end of a connection of the component listener that begins with it.
class tls_end {
 public:
  /// Connects, and shakes hands as far as it goes: reads and writes may be made to fail. `in_bytes`: TLS's own bytes come to the listener
  /// one at a time, those of the handshake too.
  explicit tls_end(component_house& house, bool in_bytes = false);

  void send(std::string_view bytes);
  /// All that was written to us, decrypted. Sets `ended` where nothing more can come.
  std::string take();
  /// What was taken too early comes first the next time.
  void put_back(std::string text) { put_back_ = std::move(text); }
  void hang_up() { end_->hang_up(); }

  bool ended = false;

 private:
  void shake_hands();
  void push();
  void pull();

  bool in_bytes_;
  tls::test::client secure_;
  std::unique_ptr<peer_end> end_;
  std::string put_back_;
};

}  // namespace couplet::lives

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "component/router.hpp"
#include "peer_end.hpp"

namespace couplet::lives {

inline constexpr std::string_view c2s_name = "c2s.example.org";
inline constexpr std::string_view c2s_secret = "open sesame";

/// `attributes` stand beside the two usual namespaces.
std::string component_header(std::string_view attributes);
/// The handshake for the id in `answer`, a stream header.
std::string handshake_for(std::string_view answer, std::string_view secret);

/// What a component says first, and its handshake; what comes behind the answer is for the next take(). Throws where it is refused.
template <class End>
void prove(End& c, std::string_view name, std::string_view secret) {
  c.send(component_header("to='" + std::string(name) + "'"));
  c.send(handshake_for(c.take(), secret));
  constexpr std::string_view let_in = "<handshake/>";
  const auto answer = c.take();
  if (!answer.starts_with(let_in)) throw std::runtime_error("the handshake was refused");
  c.put_back(answer.substr(let_in.size()));
}

/// A shard with a component listener's router; the test plays the c2s, and sees what the manager would see.
class component_house {
 public:
  explicit component_house(std::size_t outbox_bytes = 0, std::chrono::seconds handshake_timeout = std::chrono::seconds(10));
  explicit component_house(component::options o);
  ~component_house();

  /// Connects a socket pair to the router.
  std::unique_ptr<peer_end> connect();
  std::unique_ptr<peer_end> connect_from(const net::peer& who, component::entry how = component::entry::plain);
  /// The same and the handshake; all that was answered is read.
  std::unique_ptr<peer_end> connect_as(std::string_view name = c2s_name, std::string_view secret = c2s_secret);
  /// From a session to the client NODE@c2s_name; the loop does not run.
  void put_route(std::string_view node, std::string xml);
  /// The same, and the loop runs.
  void send_route(std::string_view node, std::string xml);

  /// A stanza of a session to a component.
  void send_stanza(std::string_view xml);
  /// What components sent to accounts since the last call: "BARE_JID XML".
  std::vector<std::string> take_stanzas() { return std::exchange(stanzas_, {}); }

  /// What reached the manager since the last call, one text each: "stanza XML", "failure XML", "gone NAME"...
  std::vector<std::string> take_routes();
  std::uint64_t ends_of(base::close_reason reason) const { return router->ends().of(reason); }
  /// Nothing is left of those that were connected, and each of their ends was counted once.
  void check_clean();

  net::shard shard{0};
  captured_manager manager;
  std::unique_ptr<hub::exchange> exchange;
  std::unique_ptr<component::router> router;
  std::uint64_t accepted = 0;

 private:
  std::vector<std::string> stanzas_;
};

/// Components bot, other and *.bots of example.org, all with the secret "secret", in front of accounts of example.org.
component::options component_options();

}  // namespace couplet::lives

#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "client/table.hpp"
#include "credentials/source.hpp"
#include "hub/switchboard.hpp"
#include "net/shard.hpp"
#include "peer_end.hpp"
#include "script.hpp"

#include "../unit/tls/peer.hpp"

namespace couplet::lives {

/// Knows what transcript::answer_to() knows.
class credentials_of_texts final : public credentials::source {
 public:
  net::task<sasl::answer> ask(sasl::question q) override { co_return transcript::answer_to(q); }
  bool has_keys() const noexcept override { return false; }
  std::string_view name() const noexcept override { return "texts"; }
};

/// A shard with a client table and a manager that the test plays, without threads: the loop runs when the test lets it.
class small_house : public hub::manager {
 public:
  small_house(client::policy p, stream::client_settings s);
  ~small_house() override;

  void on_route(route::message&& m) override;
  /// The manager's part in it: a route to a client.
  void manager_sends(route::message m);

  /// Connects one end of a socket pair to the table; answers the other.
  int connect(bool loopback);
  int connect(const net::peer& who, client::entry how = client::entry::any);
  /// Runs the loop until nothing happens any more.
  void settle();
  /// Every deadline that is set is met.
  void let_deadlines_pass();

  net::shard shard;
  std::unique_ptr<hub::exchange> exchange;
  client::shared_state shared;
  credentials_of_texts credentials;
  std::unique_ptr<client::table> table;
  std::vector<route::message> routes;
  /// Those that the manager started, ended itself, and was asked to end. None is left open when started = ended + given_up.
  struct {
    std::size_t started = 0;
    std::size_t ended = 0;
    std::size_t given_up = 0;
  } sessions;

 private:
  std::set<std::string> running_;  // those that the manager believes in: addresses, and names of session control
};

/// What is around a conversation: nothing, TLS, or TLS whose own bytes, those of the handshake too, come one at a time.
enum class around { nothing, tls, tls_in_bytes };

/// Plays a transcript on a whole client connection: sockets, life, table, switchboard; with TLS around it where that is asked for.
class connection_stage final : public transcript::stage {
 public:
  explicit connection_stage(const transcript::scene& s, around what = around::nothing);
  ~connection_stage() override;

  void client_sends(std::string_view bytes) override;
  void manager_sends(const transcript::routed& r) override;
  void happens(const std::string& event) override;
  std::string take_written() override;
  std::vector<transcript::routed> take_routes() override;
  std::string closed() const override { return closed_; }

  /// The client goes away, if it is still there, and the life ends.
  void leave();
  small_house& house() noexcept { return house_; }

 private:
  void shake_hands();
  bool put(std::string_view bytes);
  bool get(std::string& into);
  void look_for_end();

  small_house house_;
  int peer_ = -1;
  std::uint64_t id_ = 0;
  bool gone_ = false;
  bool in_bytes_;
  std::unique_ptr<tls::test::client> secure_;  ///< where TLS is around the conversation
  std::string written_;
  std::string closed_;
};

client::policy default_policy();

}  // namespace couplet::lives

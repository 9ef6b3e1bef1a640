#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/table.hpp"
#include "net/deadlines.hpp"
#include "stream/left_session.hpp"

namespace couplet::client {

/// What clients of a shard had said that have left, and that the session manager which is gone has not handled: when there is one again, and everybody
/// who is here has his session, it is asked for a session in the name of each, and told (stream::left_session). On the shard's thread.
///
/// The link finds out what was not handled, and sends it to the client (route::held); the table has none of that id, and gives it here. Who is cut off with
/// such words, before he has his session or everybody his, gives them here himself. Whoever has the same full JID
/// now keeps his session: what the one before him had said is said from a resource of its own then. Bounded in number and bytes, for all shards together
/// (policy::left_clients, policy::left_bytes).
class left_behind {
 public:
  explicit left_behind(table& t);
  ~left_behind();
  left_behind(const left_behind&) = delete;
  left_behind& operator=(const left_behind&) = delete;

  /// A client leaves. It may turn out that what it said last was not handled.
  void note(std::uint64_t id, stream::departure d);
  /// What it had not been able to say (stream::client_stream::leaves_behind). It is noted already.
  void take(std::vector<route::held>&& left);
  /// A route for a client that is not there. False: it has nothing to do with these, and is as it was.
  bool on_route(route::message& m);

  // What hub::clients says.
  void on_manager_state(bool up);
  void on_manager_away();
  void on_manager_anew();
  /// Whoever is here has his session, or asks for one.
  void look_for_names();
  void on_manager_state_of(const hub::client_ids& who, bool up);
  void on_manager_away_of(const hub::client_ids& who);
  void on_manager_anew_of(const hub::client_ids& who);

 private:
  class one;
  enum class stage : std::uint8_t;

  void adopt(route::held&& m);
  one* make(std::uint64_t was, stream::departure d);
  one* find(std::uint64_t id) const noexcept;
  one* of_client(std::uint64_t was) const noexcept;
  const stream::departure* leaver(std::uint64_t id) const noexcept;
  void look_again(one& o);
  left_names::when_seen call_when_seen(std::uint64_t id);
  void on_seen(std::uint64_t id, bool taken);
  void have_names_looked_for();
  void ask_some();
  void ask(one& o);
  void wait_for_answer(one& o);
  void send(stream::effects& fx);
  void give_up(std::uint64_t id);
  void remove(std::uint64_t id);
  void lose(std::size_t stanzas);
  void say_what_is_lost();
  template <class Action>
  void for_each_of(const hub::client_ids& who, Action&& action);

  table& table_;
  std::vector<std::unique_ptr<one>> all_;
  std::deque<std::pair<std::uint64_t, stream::departure>> leavers_;  ///< the last ones
  std::size_t lost_ = 0;                                             ///< stanzas that are in no line of the log yet
};

}  // namespace couplet::client

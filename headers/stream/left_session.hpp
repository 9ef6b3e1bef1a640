#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "route/message.hpp"
#include "stream/effects.hpp"

namespace couplet::stream {

/// Who leaves, as far as another manager has to know it.
struct departure {
  departure() = default;
  departure(std::string who_, bool controlled_, bool available_)
      : who(std::move(who_)), controlled(controlled_), available(available_) {}
  std::string who;          ///< full JID
  bool controlled = false;  ///< the session was one of session control
  bool available = false;   ///< others have seen its presence
};

/// The full JID that a stanza of a client of ours comes from: its `from`, which the client's machine has put there. Empty: there is none.
std::string sender_of(std::string_view stanza);

/// What a client had said that is gone, and no manager has handled: a session is asked for once more in its name, there it is said in order, and the
/// session ends, so that everybody hears that the client is not available (etc/PROTOCOL.md, 11). A machine; whoever owns it gives it the routes that come
/// to its id.
class left_session {
 public:
  enum class outcome : std::uint8_t {
    none,     ///< the route was not what is waited for; it was taken, or answered as one that found nobody
    speaks,   ///< everything is in the effects but the end, which follows when the manager has worked on the presence
    said,     ///< everything is, the end too: the machine is done
    refused,  ///< the manager gives no such session: what was kept goes nowhere
    away      ///< there is no manager: to be asked again
  };

  /// `id`: where the manager's routes come back to; not that of the client, whose session it may still speak of.
  left_session(std::uint64_t id, departure of) : id_(id), of_(std::move(of)) {}

  std::uint64_t id() const noexcept { return id_; }
  const std::string& who() const noexcept { return of_.who; }
  /// Behind what is kept already. A presence for everybody is not kept: it is only known then that others have seen one.
  void keep(std::string&& xml, const route::origin& origin);
  /// Others have seen it after all.
  void keep_availability() noexcept { of_.available = true; }
  std::size_t kept() const noexcept { return held_.size(); }
  /// By which name others have seen it last, where they have.
  bool is_shown() const noexcept { return of_.available && !asked_.empty(); }
  departure shown() const { return {asked_, of_.controlled, true}; }

  /// `resource`: another one than its own, since somebody has that; empty: its own.
  void ask(std::string_view resource, effects& out);
  /// Takes the route.
  outcome on_route(route::message&& m, effects& out);
  /// The manager did not answer. The session is ended, where one runs; what is still kept() was not said.
  void give_up(effects& out);

 private:
  outcome on_answer(route::message& m, effects& out);
  outcome on_route_of_session(route::message&& m, effects& out);
  outcome say_all(route::address session, effects& out);
  void say(std::string&& xml, const route::origin& origin, effects& out);
  void end(effects& out);

  std::uint64_t id_;
  departure of_;
  std::string asked_;       // the full JID the session was asked for by; empty: none was
  std::string request_id_;  // of session control; then of the iq whose answer comes when the presence was worked on
  route::address session_;  // while it runs; of session control its name alone
  std::vector<route::held> held_;
  std::vector<route::message> not_taken_;  // what the session was given: it goes back with the end
};

}  // namespace couplet::stream

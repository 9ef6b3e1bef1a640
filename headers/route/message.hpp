#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "route/custody.hpp"
#include "route/origin.hpp"

namespace couplet::route {

/// One end of a route. In this process a handle (client_id::packed() of a client, or the embedded manager's own handle
/// of a session); on the wire a JID. At least one of the two is set, except in the `from` of a stanza or a failure whose writer did
/// not say who it was.
struct address {
  address() = default;
  explicit address(std::uint64_t handle_) : handle(handle_) {}
  explicit address(std::string text_) : text(std::move(text_)) {}
  address(std::uint64_t handle_, std::string text_) : handle(handle_), text(std::move(text_)) {}

  bool is_local() const noexcept { return handle != 0; }
  bool empty() const noexcept { return handle == 0 && text.empty(); }
  friend bool operator==(const address&, const address&) = default;

  std::uint64_t handle = 0;
  std::string text;
};

/// Where something came from, and who waits for it to arrive: what goes with a stanza on all its ways, from one c2s to the next.
struct trace {
  route::custody custody;
  route::origin origin;
  friend bool operator==(const trace&, const trace&) = default;
};

// The alternatives. All have constructors: an aggregate temporary in a statement with co_await is destroyed twice by
// g++ 12.2. XML in them is one whole element each, checked by a tokenizer, whose default namespace (where it declares none)
// is the stream's content namespace.

/// An iq of jabber:iq:auth or jabber:iq:register before login, in either direction. The session manager answers with to and
/// from swapped. Towards the manager `to` decides who is meant: user@host, user@host/resource (auth set), host (register get).
struct auth {
  auth() = default;
  auth(address from_, address to_, std::string iq_) : from(std::move(from_)), to(std::move(to_)), iq(std::move(iq_)) {}
  address from, to;
  std::string iq;
  friend bool operator==(const auth&, const auth&) = default;
};

/// c2s → manager: start a session; `to` is the full JID (text). `child` is echoed, may be empty.
struct session_start {
  session_start() = default;
  session_start(address from_, address to_, std::string child_ = {})
      : from(std::move(from_)), to(std::move(to_)), child(std::move(child_)) {}
  address from, to;
  std::string child;
  friend bool operator==(const session_start&, const session_start&) = default;
};

/// manager → c2s: it runs; `from` is the session's address, where its stanzas go from now on.
struct session_started {
  session_started() = default;
  session_started(address from_, address to_, std::string child_ = {})
      : from(std::move(from_)), to(std::move(to_)), child(std::move(child_)) {}
  address from, to;
  std::string child;
  friend bool operator==(const session_started&, const session_started&) = default;
};

/// A message, presence or iq of a session, in either direction. An empty `xml` is an empty route: ignored.
struct stanza {
  stanza() = default;
  stanza(address from_, address to_, std::string xml_) : from(std::move(from_)), to(std::move(to_)), xml(std::move(xml_)) {}
  address from, to;
  std::string xml;
  route::trace trace;
  friend bool operator==(const stanza&, const stanza&) = default;
};

/// type='error', in either direction. c2s → manager: the client of session `to` is gone; `xml` is a stanza that it was not given
/// any more, if any. manager → c2s: the client `to` can't go on (session refused: `from` is the requested JID; ended: `from` is the
/// session), `text` says why. `xml` keeps everything that stood in the route, session control attributes and commands too.
struct failure {
  failure() = default;
  failure(address from_, address to_, std::string text_ = {}, std::string xml_ = {})
      : from(std::move(from_)), to(std::move(to_)), text(std::move(text_)), xml(std::move(xml_)) {}
  address from, to;
  std::string text;
  std::string xml;
  route::trace trace;
  friend bool operator==(const failure&, const failure&) = default;
};

/// A command of the session control protocol (second generation), either direction; `action` tells which.
struct session_control {
  enum class verb : std::uint8_t { start, started, end, ended, create, created, remove, removed, unknown };

  session_control() = default;
  session_control(address from_, address to_, verb action_) : from(std::move(from_)), to(std::move(to_)), action(action_) {}
  address from, to;
  verb action = verb::unknown;  ///< remove, removed: delete, deleted on the wire; unknown: none, or one that has no meaning
  std::string target;           ///< start: full JID; create, remove: bare JID
  std::string id;               ///< free, echoed
  std::string c2s;              ///< sc:c2s, the c2s' id of the connection
  std::string sm;               ///< sc:sm, the manager's id of the session
  std::string failed;           ///< error text; empty: it did not fail
  friend bool operator==(const session_control&, const session_control&) = default;
};

/// A stanza of a session of the second generation: sc:sm and sc:c2s stood on it and were taken off, with their declaration.
/// `sm` is what the session is found by; `c2s` may be empty.
struct controlled_stanza {
  controlled_stanza() = default;
  controlled_stanza(address from_, address to_, std::string c2s_, std::string sm_, std::string xml_)
      : from(std::move(from_)), to(std::move(to_)), c2s(std::move(c2s_)), sm(std::move(sm_)), xml(std::move(xml_)) {}
  address from, to;
  std::string c2s, sm;
  std::string xml;
  route::trace trace;
  friend bool operator==(const controlled_stanza&, const controlled_stanza&) = default;
};

/// Our link → a client of ours: a stanza that it sent to a manager which is gone before that had done anything with it. For the next session of this
/// client. Without XML: its session was over, and the manager may not have heard of that. Never on the wire.
struct held {
  held() = default;
  held(address to_, std::string xml_, route::origin origin_) : to(std::move(to_)), xml(std::move(xml_)), origin(origin_) {}
  address from, to;
  std::string xml;
  route::origin origin;
  friend bool operator==(const held&, const held&) = default;
};

/// Who has logged in, or is gone, for one of those who want to know (etc/PROTOCOL.md, 10). On the wire no route but a plain message.
/// c2s → manager: `from` is the client, `to` the JID that is told, `xml` the <update/> in the message.
/// manager → c2s: it comes back; `to` is the client that it was about, `xml` the whole message, an error with both addresses in it.
struct notice {
  notice() = default;
  notice(address from_, address to_, std::string xml_, bool returned_ = false)
      : from(std::move(from_)), to(std::move(to_)), xml(std::move(xml_)), returned(returned_) {}
  address from, to;
  std::string xml;
  bool returned = false;
  friend bool operator==(const notice&, const notice&) = default;
};

/// What a failure says in its text, where either side of this project wrote it. Other managers say other things, in any language.
namespace failure_text {
inline constexpr std::string_view session_failed = "Session Failed";
inline constexpr std::string_view too_many_sessions = "Too many sessions";
inline constexpr std::string_view invalid_session = "Invalid Session";
inline constexpr std::string_view replaced = "Replaced by new connection";
inline constexpr std::string_view account_removed = "Account removed";
inline constexpr std::string_view ended_by_admin = "Ended by an administrator";
inline constexpr std::string_view server_reset = "Server reset";
inline constexpr std::string_view link_down = "The session manager is not connected";
}  // namespace failure_text

using message =
    std::variant<auth, session_start, session_started, stanza, failure, session_control, controlled_stanza, held, notice>;

const address& from_of(const message& m) noexcept;
const address& to_of(const message& m) noexcept;
address& from_of(message& m) noexcept;
address& to_of(message& m) noexcept;
/// Null: a message of this kind carries no stanza.
trace* trace_of(message& m) noexcept;
const trace* trace_of(const message& m) noexcept;
/// The bytes that count against a queue's budget: the XML, the texts, and the object itself.
std::size_t size_of(const message& m) noexcept;
/// "auth", "session-start", "stanza"...: for log lines.
const char* name_of(const message& m) noexcept;

/// What to answer to a message that found nobody at `to` (bounced, never dropped in silence: etc/PROTOCOL.md, 8 and 12): a failure with the ends swapped
/// and the child kept, sc:c2s and sc:sm included. Nothing (false, and `m` is as it was) for what must not be answered: a failure, an answer
/// (auth result or error; ended, created, deleted; anything that failed), an empty stanza, a notice, and what has no `from`.
/// A session_started that came too late is answered with a failure that ends the session, a `started` with `end`.
///
/// Both directions: the c2s bounces what comes for a client that is gone, the other side what it can't deliver. After a bounced
/// controlled_stanza the c2s sends `end` as well: bounce_to().
/// Takes the message's XML and addresses. `answer` must be another object.
bool bounce(message& m, message& answer, const char* text = "");

/// The `end` that follows when a controlled stanza is bounced: its session has no client any more. Leaves `m` alone. False: for anything else, and
/// where there is nobody to tell.
bool end_of_session(const message& m, message& end);

/// What a c2s sends back for a message that found nobody, in its order: the bounced message, then the `end`. False: nothing.
template <class Send>
bool bounce_to(message& m, Send&& send) {
  message end;
  const bool ends = end_of_session(m, end);
  message answer;
  if (!bounce(m, answer)) return false;
  send(std::move(answer));
  if (ends) send(std::move(end));
  return true;
}

}  // namespace couplet::route

#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/sip_hash.hpp"
#include "configuration.hpp"
#include "muc/service.hpp"
#include "stanza.hpp"
#include "xml/element.hpp"

namespace couplet::muc {

/// One connection of an occupant.
struct session {
  std::string jid;      ///< full
  std::string to;       ///< the same, as it stands in an attribute
  std::string content;  ///< of its last presence: further attributes of the first tag, '>' and what is inside
};

struct occupant {
  std::string nick;
  std::string bare;
  std::string address;  ///< room/nick, as it stands in an attribute
  std::string id;       ///< XEP-0421
  role is = role::none;
  bool shown = false;             ///< the others have seen his presence, and are told when he goes
  std::vector<session> sessions;  ///< the last one is the one whose presence the others see; never empty
};

/// A message of the past: all of it behind the value of `to`.
struct past_message {
  past_message(std::string rest_, time_point at_) : rest(std::move(rest_)), at(at_) {}
  std::string rest;
  time_point at;
};

struct subject {
  std::string text;
  std::string nick;  ///< whose it is; empty: nobody has set one
  time_point at{};
};

struct affiliate {
  affiliation what = affiliation::none;
  std::string nick;  ///< reserved; empty: none
};

struct affiliation_change {
  std::string jid;
  affiliation what = affiliation::none;
  std::optional<std::string> nick;  ///< nothing: it stays as it is
  std::string reason;
};

/// What an owner or admin wants. It is made when it is stored, where it has to be, and answered then.
struct change {
  std::optional<configuration> config;
  std::vector<affiliation_change> affiliations;
  std::optional<std::string> destroy;  ///< the room goes; the element that those who are there are sent
  std::string actor;                   ///< whose change it is: a nickname, or empty
  std::string request;                 ///< the first tag of the stanza that asked, as an element: for errors
  std::string result;                  ///< the answer; empty: none is asked for
  std::vector<std::string> then;       ///< stanzas that follow it
};

struct room {
  std::string jid;
  std::string address;  ///< the same, as it stands in an attribute
  std::string creator;  ///< a bare JID
  configuration config;
  std::map<std::string, affiliate, std::less<>> affiliations;  ///< by bare JID or domain; none is `none` without a nickname
  std::map<std::string, std::string, std::less<>> reserved;    ///< nickname → whose
  std::map<std::string, occupant, std::less<>> occupants;      ///< by nickname
  std::map<std::string, std::string, std::less<>> nicks;       ///< full JID of a session → nickname
  std::deque<past_message> history;
  std::size_t history_bytes = 0;
  muc::subject subject;
  bool locked = false;  ///< its owner has not configured it yet
  bool gone = false;    ///< destroyed: nothing but its memory is left

  std::optional<change> storing;     ///< while it is on its way to the disk
  std::deque<std::string> waiting;   ///< stanzas that ask for changes behind it
  std::vector<std::string> removed;  ///< accounts that are no more, whose affiliations go behind it
};

/// The occupant one of whose sessions has this full JID; null: none.
occupant* occupant_of(room& r, std::string_view full_jid);
occupant* occupant_named(room& r, std::string_view nick);
session& session_of(occupant& o, std::string_view full_jid);

/// Of a bare JID: its own, or else that of its domain.
affiliation affiliation_of(const room& r, std::string_view bare_jid);
/// Keeps both tables of affiliations.
void set_affiliation(room& r, std::string_view jid, affiliation what, std::optional<std::string_view> nick);
std::size_t count_of(const room& r, affiliation what);

inline bool is_shown(const room& r, role what) noexcept {
  return r.config.shown_roles[static_cast<std::size_t>(what)];
}
/// Whether he sees the addresses of the others.
inline bool sees_jids(const room& r, const occupant& o) noexcept {
  return r.config.shows_jids || o.is == role::moderator;
}

/// All rooms.
struct core {
  explicit core(settings s) : options(std::move(s)) {}

  const settings options;
  std::map<std::string, std::unique_ptr<room>, std::less<>> rooms;  ///< by bare JID
  std::map<std::string, std::uint32_t, std::less<>> made_by;        ///< how many rooms; none is 0
  std::map<std::uint64_t, std::string> storing;                     ///< number of a request → room
  std::size_t history_bytes = 0;
  std::uint64_t last_message = 0;
  std::uint64_t last_request = 0;
  xml::fragment document;
};

room* room_at(core& all, std::string_view bare_jid);

/// One stanza, while it is worked on.
struct turn {
  core& all;
  const incoming& in;
  time_point now;
  effects& out;

  const limits& most() const noexcept { return all.options.most; }
  /// The stanza itself, parsed. Holds until the next parse.
  xml::element parse() { return all.document.parse(in.xml, xml_namespace()); }

 private:
  static std::string_view xml_namespace() noexcept;
};

/// The error answer, where one is owed.
void refuse(turn& t, std::string_view condition, std::string_view text = {});
/// The answer to an iq: `payload` may be empty.
void answer(turn& t, std::string_view payload);

}  // namespace couplet::muc

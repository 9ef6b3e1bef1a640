#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "room.hpp"

/// Presence of occupants, as a room sends it: XEP-0045 sections 7.2.2 to 7.2.4, 7.6, 7.14.
namespace couplet::muc {

/// What a presence says beside who it is about.
struct presence_note {
  bool unavailable = false;
  std::vector<int> codes;      ///< for everybody
  std::vector<int> own_codes;  ///< for himself, beside 110
  std::string_view new_nick;   ///< with 303
  std::string_view actor;      ///< a nickname
  std::string_view reason;
  std::string_view id;       ///< for himself: of the stanza that led to it, as written
  std::string_view content;  ///< of an unavailable presence, as session::content
  std::string_view destroy;  ///< an element
};

/// A presence from behind the value of `to`.
void append_presence(std::string& out, const occupant& about, const presence_note& note, affiliation has, bool own, bool sees);

/// To one session.
void tell(effects& out, const room& r, const occupant& about, const presence_note& note, const session& whom, bool own,
          bool sees);

/// To everybody, himself first behind the others: each kind of presence is written once.
void broadcast(effects& out, room& r, occupant& about, const presence_note& note);

/// A message of the room to all who are there, about its configuration: codes of section 10.2.1.
void tell_codes(effects& out, const room& r, std::initializer_list<int> codes);

/// He goes: everybody hears of it, and he is no occupant any more. `note` says why; he is none behind it.
void remove_occupant(effects& out, room& r, occupant& who, presence_note note);
/// The service ends: each is told of himself only, since the others are told the same.
void empty_room(room& r, effects& out);
/// One session goes; with the last one the occupant.
void remove_session(effects& out, room& r, occupant& who, std::string_view full_jid, presence_note note);

}  // namespace couplet::muc

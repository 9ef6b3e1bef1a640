#include "presence.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "names.hpp"
#include "xml/writer.hpp"

namespace couplet::muc {
namespace {

void append_item(std::string& out, const occupant& about, const presence_note& note, affiliation has, bool sees) {
  // Who goes has no role any more; who only changes his name keeps it.
  const bool leaves = note.unavailable && note.new_nick.empty();
  out += "<item";
  xml::append_attribute(out, "affiliation", name_of(has));
  xml::append_attribute(out, "role", name_of(leaves ? role::none : about.is));
  if (sees) xml::append_attribute(out, "jid", about.sessions.back().jid);
  if (!note.new_nick.empty()) xml::append_attribute(out, "nick", note.new_nick);
  if (note.actor.empty() && note.reason.empty()) {
    out += "/>";
    return;
  }
  out += '>';
  if (!note.actor.empty()) {
    out += "<actor";
    xml::append_attribute(out, "nick", note.actor);
    out += "/>";
  }
  if (!note.reason.empty()) {
    out += "<reason>";
    xml::append_text(out, note.reason);
    out += "</reason>";
  }
  out += "</item>";
}

void append_code(std::string& out, int code) {
  out.append("<status code='").append(std::to_string(code)).append("'/>");
}

void open_user(std::string& out) {
  out += "<x";
  xml::append_attribute(out, "xmlns", ns::user);
  out += '>';
}

}  // namespace

void append_presence(std::string& out, const occupant& about, const presence_note& note, affiliation has, bool own, bool sees) {
  out.append("' from='").append(about.address).append(1, '\'');
  if (note.unavailable) out += " type='unavailable'";
  if (own && !note.id.empty()) out.append(1, ' ').append(note.id);
  if (!note.unavailable) {
    out += about.sessions.back().content;
  } else if (note.content.empty()) {
    out += '>';
  } else {
    out += note.content;
  }
  out += "<occupant-id";
  xml::append_attribute(out, "xmlns", ns::occupant_id);
  xml::append_attribute(out, "id", about.id);
  out += "/>";
  open_user(out);
  append_item(out, about, note, has, sees);
  out += note.destroy;
  for (const int code : note.codes) append_code(out, code);
  if (own) {
    for (const int code : note.own_codes) append_code(out, code);
    append_code(out, 110);
  }
  out += "</x></presence>";
}

void tell(effects& out, const room& r, const occupant& about, const presence_note& note, const session& whom, bool own,
          bool sees) {
  std::string rest;
  append_presence(rest, about, note, affiliation_of(r, about.bare), own, sees);
  send(out, "presence", whom.to, rest);
}

void broadcast(effects& out, room& r, occupant& about, const presence_note& note) {
  const auto has = affiliation_of(r, about.bare);
  const bool shown = is_shown(r, about.is);
  std::array<std::string, 2> texts;  // without and with his address
  if (shown || about.shown) {
    for (const auto& [nick, other] : r.occupants) {
      if (&other == &about) continue;
      const bool sees = sees_jids(r, other);
      auto& text = texts[sees ? 1 : 0];
      if (text.empty()) append_presence(text, about, note, has, false, sees);
      for (const auto& s : other.sessions) send(out, "presence", s.to, text);
    }
    about.shown = shown;
  }
  std::string own;
  append_presence(own, about, note, has, true, true);
  for (const auto& s : about.sessions) send(out, "presence", s.to, own);
}

void tell_codes(effects& out, const room& r, std::initializer_list<int> codes) {
  std::string rest;
  rest.append("' from='").append(r.address).append("' type='groupchat'>");
  open_user(rest);
  for (const int code : codes) append_code(rest, code);
  rest += "</x></message>";
  for (const auto& [nick, o] : r.occupants) {
    for (const auto& s : o.sessions) send(out, "message", s.to, rest);
  }
}

void remove_occupant(effects& out, room& r, occupant& who, presence_note note) {
  note.unavailable = true;
  broadcast(out, r, who, note);
  for (const auto& s : who.sessions) r.nicks.erase(s.jid);
  r.occupants.erase(r.occupants.find(who.nick));
}

void empty_room(room& r, effects& out) {
  presence_note note;
  note.unavailable = true;
  note.codes.push_back(332);
  for (const auto& [nick, o] : r.occupants) {
    for (const auto& s : o.sessions) tell(out, r, o, note, s, true, true);
  }
  r.occupants.clear();
  r.nicks.clear();
}

void remove_session(effects& out, room& r, occupant& who, std::string_view full_jid, presence_note note) {
  if (who.sessions.size() == 1) return remove_occupant(out, r, who, std::move(note));
  note.unavailable = true;
  const auto found = std::find_if(who.sessions.begin(), who.sessions.end(), [&](const session& s) { return s.jid == full_jid; });
  if (found == who.sessions.end()) return;
  const bool was_shown = found + 1 == who.sessions.end();
  const session leaver = std::move(*found);
  who.sessions.erase(found);
  r.nicks.erase(leaver.jid);
  tell(out, r, who, note, leaver, true, true);
  // The others saw the presence of the one that went.
  if (was_shown && who.sessions.back().content != leaver.content) broadcast(out, r, who, {});
}

}  // namespace couplet::muc

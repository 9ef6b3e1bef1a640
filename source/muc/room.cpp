#include "room.hpp"

#include <algorithm>

#include "base/text_pool.hpp"
#include "names.hpp"
#include "stream/errors.hpp"
#include "xml/names.hpp"

namespace couplet::muc {

occupant* occupant_named(room& r, std::string_view nick) {
  const auto found = r.occupants.find(nick);
  return found == r.occupants.end() ? nullptr : &found->second;
}

occupant* occupant_of(room& r, std::string_view full_jid) {
  const auto found = r.nicks.find(full_jid);
  return found == r.nicks.end() ? nullptr : occupant_named(r, found->second);
}

session& session_of(occupant& o, std::string_view full_jid) {
  const auto found = std::find_if(o.sessions.begin(), o.sessions.end(), [&](const session& s) { return s.jid == full_jid; });
  return found == o.sessions.end() ? o.sessions.back() : *found;
}

affiliation affiliation_of(const room& r, std::string_view bare_jid) {
  auto found = r.affiliations.find(bare_jid);
  if (found == r.affiliations.end()) {
    const auto at = bare_jid.find('@');
    if (at != std::string_view::npos) found = r.affiliations.find(bare_jid.substr(at + 1));
  }
  return found == r.affiliations.end() ? affiliation::none : found->second.what;
}

void set_affiliation(room& r, std::string_view jid, affiliation what, std::optional<std::string_view> nick) {
  auto found = r.affiliations.find(jid);
  if (found == r.affiliations.end()) found = r.affiliations.emplace(jid, affiliate()).first;
  auto& entry = found->second;
  entry.what = what;
  // Who has no affiliation has no nickname reserved, and outcasts lose theirs (section 9.1).
  const bool keeps_nick = what != affiliation::none && what != affiliation::outcast;
  if (!entry.nick.empty() && (nick || !keeps_nick)) {
    r.reserved.erase(entry.nick);
    entry.nick.clear();
  }
  if (nick && !nick->empty() && keeps_nick) {
    entry.nick = *nick;
    r.reserved.emplace(*nick, jid);
  }
  if (what == affiliation::none) r.affiliations.erase(found);
}

std::size_t count_of(const room& r, affiliation what) {
  return static_cast<std::size_t>(
      std::count_if(r.affiliations.begin(), r.affiliations.end(), [what](const auto& a) { return a.second.what == what; }));
}

room* room_at(core& all, std::string_view bare_jid) {
  const auto found = all.rooms.find(bare_jid);
  return found == all.rooms.end() || found->second->gone ? nullptr : found->second.get();
}

std::string_view turn::xml_namespace() noexcept {
  return xml::ns::client;
}

void refuse(turn& t, std::string_view condition, std::string_view text) {
  // What comes from nobody can be answered to nobody.
  if (!t.in.is_answerable() || t.in.from.empty()) return;
  auto error = base::take_text();
  stream::append_stanza_error(error, t.in.xml, condition, text);
  // By this child clients know an error that is about entering (section 7.2.5 and others); it holds no password.
  const auto where = error.find("<error ");
  if (t.in.kind == stanza_kind::presence && where != std::string::npos)
    error.insert(where, std::string("<x xmlns='").append(ns::muc).append("'/>"));
  t.out.stanzas.push_back(std::move(error));
}

void answer(turn& t, std::string_view payload) {
  auto text = base::take_text();
  append_result_tag(text, t.in);
  if (payload.empty()) {
    text += "/>";
  } else {
    text.append(1, '>').append(payload).append("</iq>");
  }
  t.out.stanzas.push_back(std::move(text));
}

}  // namespace couplet::muc

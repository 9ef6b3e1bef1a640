#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "muc/service.hpp"
#include "xml/element.hpp"
#include "xml/names.hpp"

namespace couplet::muc::testing {

using lines = std::vector<std::string>;
using fields_of = std::vector<std::pair<std::string, std::string>>;

inline constexpr std::string_view user_ns = "http://jabber.org/protocol/muc#user";

inline settings example() {
  settings s;
  s.names = {"chat.example.org"};
  s.secret = "a secret of 32 bytes, more or less";
  s.instance = "i";
  return s;
}

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// Addresses without what is the same everywhere: hag/pda is hag@example.org/pda, #cave/hag is cave@chat.example.org/hag.
inline std::string shown(std::string_view jid) {
  constexpr std::string_view people = "@example.org", rooms = "@chat.example.org";
  if (const auto at = jid.find(rooms); at != std::string_view::npos)
    return "#" + std::string(jid.substr(0, at)) + std::string(jid.substr(at + rooms.size()));
  if (const auto at = jid.find(people); at != std::string_view::npos)
    return std::string(jid.substr(0, at)) + std::string(jid.substr(at + people.size()));
  return std::string(jid);
}

inline std::string full(std::string_view short_jid) {
  const bool room = short_jid.starts_with('#');
  if (room) short_jid.remove_prefix(1);
  const auto slash = std::min(short_jid.find('/'), short_jid.size());
  return std::string(short_jid.substr(0, slash)) + (room ? "@chat.example.org" : "@example.org") +
         std::string(short_jid.substr(slash));
}

/// One line for what a stanza says: TO <- KIND[:TYPE] FROM, then what there is of: affiliation/role, jid=, nick=, actor=, reason=, the codes,
/// "destroy", !CONDITION, subject=, body=, "past".
inline std::string summary(std::string_view xml) {
  xml::fragment document;
  const auto stanza = document.parse(xml, xml::ns::client);
  REQUIRE(stanza);
  const auto type = stanza.attribute("type");
  std::string line = shown(stanza.attribute("to").value_or("?")) + " <- " + std::string(stanza.name());
  if (type) line.append(":").append(*type);
  line += " " + shown(stanza.attribute("from").value_or("?"));
  if (const auto x = stanza.child("x", user_ns)) {
    if (const auto item = x.child("item")) {
      line.append(" ")
          .append(item.attribute("affiliation").value_or("?"))
          .append("/")
          .append(item.attribute("role").value_or("?"));
      if (const auto jid = item.attribute("jid")) line += " jid=" + shown(*jid);
      if (const auto nick = item.attribute("nick")) line.append(" nick=").append(*nick);
      if (const auto actor = item.child("actor")) line.append(" actor=").append(actor.attribute("nick").value_or("?"));
      if (const auto reason = item.child("reason")) line += " reason=" + reason.text();
    }
    for (auto child = x.first_child(); child; child = child.next_sibling()) {
      if (child.name() == "status") line.append(" ").append(child.attribute("code").value_or("?"));
      if (child.name() == "destroy" || child.name() == "invite" || child.name() == "decline")
        line.append(" ").append(child.name());
    }
  }
  if (const auto error = stanza.child("error")) {
    line.append(" !").append(error.first_child().name());
    CHECK(static_cast<bool>(stanza.child("x", "http://jabber.org/protocol/muc")) == (stanza.name() == "presence"));
  }
  if (const auto subject = stanza.child("subject")) line += " subject=" + subject.text();
  if (const auto body = stanza.child("body")) line += " body=" + body.text();
  if (stanza.child("delay", "urn:xmpp:delay")) line += " past";
  return line;
}

/// A service, and people who send it stanzas. Rooms and people are written as in shown().
class world {
 public:
  explicit world(settings s = example()) : service_(std::move(s)) {}

  /// A whole stanza; what comes of it, as it stands.
  lines raw(std::string xml) {
    effects out;
    service_.on_stanza(std::move(xml), now, out);
    for (auto& q : out.to_storage) requests.push_back(std::move(q));
    last = out.stanzas;
    return last;
  }
  lines sends(std::string xml) { return summaries(raw(std::move(xml))); }

  lines presence(std::string_view from, std::string_view to, std::string_view content = {}, std::string_view type = {}) {
    return sends(stanza("presence", from, to, content, type));
  }
  lines join(std::string_view who, std::string_view where, std::string_view inside = {}) {
    return presence(who, where, "<x xmlns='http://jabber.org/protocol/muc'>" + std::string(inside) + "</x>");
  }
  lines leave(std::string_view who, std::string_view where) { return presence(who, where, {}, "unavailable"); }
  lines message(std::string_view from, std::string_view to, std::string_view content, std::string_view type = "groupchat") {
    return sends(stanza("message", from, to, content, type));
  }
  lines says(std::string_view from, std::string_view room, std::string_view body) {
    return message(from, room, "<body>" + std::string(body) + "</body>");
  }
  lines iq(std::string_view type, std::string_view from, std::string_view to, std::string_view content) {
    return sends(stanza("iq", from, to, content, type));
  }
  lines admin(std::string_view from, std::string_view room, std::string_view items, std::string_view type = "set") {
    return iq(type, from, room, "<query xmlns='http://jabber.org/protocol/muc#admin'>" + std::string(items) + "</query>");
  }
  lines owner(std::string_view from, std::string_view room, std::string_view content, std::string_view type = "set") {
    return iq(type, from, room, "<query xmlns='http://jabber.org/protocol/muc#owner'>" + std::string(content) + "</query>");
  }
  /// "muc#roomconfig_" stands in front of each name; `fields`: {name, value}.
  lines configure(std::string_view from, std::string_view room, const fields_of& fields) {
    std::string form = "<x xmlns='jabber:x:data' type='submit'>";
    for (const auto& [name, value] : fields) {
      const std::string prefix = name.starts_with("muc#") ? "" : "muc#roomconfig_";
      form += "<field var='" + prefix + name + "'><value>" + value + "</value></field>";
    }
    return owner(from, room, form + "</x>");
  }
  /// A room with its owner, configured; nobody else.
  void make(std::string_view owner_jid, std::string_view room, std::string_view nick, const fields_of& fields = {}) {
    join(owner_jid, std::string(room) + "/" + std::string(nick));
    const auto told = configure(owner_jid, room, fields);
    REQUIRE(!told.empty());
    REQUIRE(contains(told.front(), "iq:result"));
  }
  /// What came of the last request for storage.
  lines stored(stored_room* what = nullptr, muc::stored outcome = muc::stored::done) {
    REQUIRE(!requests.empty());
    auto q = std::move(requests.front());
    requests.erase(requests.begin());
    if (what != nullptr) *what = q.room;
    effects out;
    service_.on_stored(q.number, outcome, now, out);
    for (auto& further : out.to_storage) requests.push_back(std::move(further));
    last = out.stanzas;
    return summaries(last);
  }
  service& machine() { return service_; }

  static std::string stanza(std::string_view name, std::string_view from, std::string_view to, std::string_view content,
                            std::string_view type) {
    std::string xml = "<" + std::string(name) + " id='q1' from='" + full(from) + "' to='" + full(to) + "'";
    if (!type.empty()) xml += " type='" + std::string(type) + "'";
    return xml + ">" + std::string(content) + "</" + std::string(name) + ">";
  }

  time_point now{std::chrono::seconds(1'700'000'000)};  // 2023-11-14T22:13:20Z
  std::vector<storage_request> requests;
  lines last;  ///< as it stands

 private:
  static lines summaries(const lines& stanzas) {
    lines all;
    for (const auto& xml : stanzas) all.push_back(summary(xml));
    return all;
  }
  service service_;
};

}  // namespace couplet::muc::testing

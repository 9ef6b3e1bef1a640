#include <algorithm>
#include <utility>

#include "base/base64.hpp"
#include "base/digest.hpp"
#include "handlers.hpp"
#include "history.hpp"
#include "names.hpp"
#include "presence.hpp"

namespace couplet::muc {
namespace {

/// What a presence asks for beside being seen.
struct entry_request {
  bool asked = false;  ///< it has the child of muc that clients enter with
  std::string password;
  history_request history;
};

entry_request read_request(turn& t) {
  entry_request request;
  if (t.in.inner.find("protocol/muc") == std::string_view::npos && t.in.inner.find("&#") == std::string_view::npos)
    return request;
  const auto x = t.parse().child("x", ns::muc);
  if (!x) return request;
  request.asked = true;
  if (const auto password = x.child("password")) request.password = password.text();
  request.history = read_history_request(x, t.now);
  return request;
}

std::string content_of(turn& t, std::string_view room) {
  std::string content = t.in.attributes;
  content += '>';
  append_content(content, t.in, t.all.document, room);
  return content;
}

/// XEP-0421: nobody can tell from it whose it is, and the same one has the same.
std::string occupant_id(const core& all, const room& r, std::string_view bare_jid) {
  std::string what = r.jid;
  what.append(1, '\0').append(bare_jid);
  return base::base64_encode(base::hmac(base::hash_function::sha256, all.options.secret, what).substr(0, 24));
}

/// Section 7.2.15: it is out of step, and is told so.
void send_away(turn& t) {
  std::string rest = "' from='";
  rest.append(escaped(t.in.to.full())).append("' type='unavailable'");
  if (!t.in.id.empty()) rest.append(1, ' ').append(t.in.id);
  rest.append("><x xmlns='").append(ns::user).append("'><item affiliation='none' role='none'/>");
  rest.append("<status code='110'/><status code='307'/><status code='333'/></x></presence>");
  send(t.out, "presence", escaped(t.in.from.full()), rest);
}

bool is_usable_nick(turn& t) {
  const auto nick = t.in.to.resource();
  if (nick.empty()) return refuse(t, "jid-malformed", "a nickname is needed: ROOM@SERVICE/NICKNAME"), false;
  if (nick.find_first_not_of(' ') == std::string_view::npos)
    return refuse(t, "jid-malformed", "a nickname cannot be invisible"), false;
  const auto most = t.most().nick_bytes;
  if (nick.size() <= most) return true;
  refuse(t, "not-acceptable", "a nickname has at most " + std::to_string(most) + " bytes");
  return false;
}

/// Whether the nickname is another user's, there or reserved (sections 7.2.8 and 7.6).
bool is_taken(room& r, std::string_view nick, std::string_view bare) {
  const auto* const there = occupant_named(r, nick);
  if (there != nullptr) return there->bare != bare;
  const auto reserved = r.reserved.find(nick);
  return reserved != r.reserved.end() && reserved->second != bare;
}

room* make_room(turn& t) {
  const auto& most = t.most();
  const std::string creator(t.in.from.bare());
  if (t.all.rooms.size() >= most.rooms)
    return refuse(t, "resource-constraint", "there are " + std::to_string(most.rooms) + " rooms already"), nullptr;
  const auto made = t.all.made_by.find(creator);
  if (made != t.all.made_by.end() && made->second >= most.rooms_per_creator)
    return refuse(t, "resource-constraint", "you have made " + std::to_string(made->second) + " rooms already"), nullptr;
  auto fresh = std::make_unique<room>();
  fresh->jid = t.in.to.bare();
  fresh->address = escaped(fresh->jid);
  fresh->creator = creator;
  fresh->locked = true;
  set_affiliation(*fresh, creator, affiliation::owner, std::nullopt);
  ++t.all.made_by[creator];
  auto& place = t.all.rooms[fresh->jid];
  place = std::move(fresh);
  return place.get();
}

/// Sections 7.2.5 to 7.2.10. False: it has been answered.
bool may_enter(turn& t, room& r, const entry_request& request) {
  const auto bare = t.in.from.bare();
  const auto has = affiliation_of(r, bare);
  if (r.locked && has != affiliation::owner) return refuse(t, "item-not-found", "the room is not configured yet"), false;
  if (has == affiliation::outcast) return refuse(t, "forbidden", "you are banned from this room"), false;
  if (r.config.members_only && has == affiliation::none) return refuse(t, "registration-required"), false;
  if (r.config.has_password && !base::equal_in_constant_time(request.password, r.config.password))
    return refuse(t, "not-authorized", "this room has a password"), false;
  if (is_taken(r, t.in.to.resource(), bare)) return refuse(t, "conflict", "the nickname is somebody else's"), false;
  const auto* const same = occupant_named(r, t.in.to.resource());
  if (same != nullptr) {
    if (same->sessions.size() < t.most().sessions_per_occupant) return true;
    refuse(t, "resource-constraint", "there are " + std::to_string(same->sessions.size()) + " sessions of yours already");
    return false;
  }
  const auto& most = t.most();
  std::size_t limit =
      r.config.max_occupants == 0 ? most.occupants : std::min<std::size_t>(r.config.max_occupants, most.occupants);
  if (has >= affiliation::admin) limit += most.extra_occupants;
  if (r.occupants.size() < limit) return true;
  refuse(t, "service-unavailable", "the room is full: " + std::to_string(r.occupants.size()) + " occupants");
  return false;
}

/// Everybody else who is there (section 7.2.2).
void send_roster(turn& t, const room& r, const occupant& me, const session& whom) {
  const bool sees = sees_jids(r, me);
  for (const auto& [nick, other] : r.occupants) {
    if (&other == &me || !other.shown) continue;
    tell(t.out, r, other, {}, whom, false, sees);
  }
}

occupant& seat(turn& t, room& r, std::string content) {
  const std::string nick(t.in.to.resource());
  auto& me = r.occupants[nick];
  if (me.sessions.empty()) {
    me.nick = nick;
    me.bare = t.in.from.bare();
    me.address = escaped(t.in.to.full());
    me.id = occupant_id(t.all, r, me.bare);
    me.is = default_role(affiliation_of(r, me.bare), r.config.moderated, r.config.members_only);
  }
  session s;
  s.jid = t.in.from.full();
  s.to = escaped(s.jid);
  s.content = std::move(content);
  r.nicks.emplace(s.jid, nick);
  me.sessions.push_back(std::move(s));
  return me;
}

/// What somebody is sent who enters, and what the others are, in the order of section 7.1.
void welcome(turn& t, room& r, occupant& me, const entry_request& request, bool is_new) {
  presence_note note;
  note.id = t.in.id;
  if (r.config.shows_jids) note.own_codes.push_back(100);
  if (r.config.logged) note.own_codes.push_back(170);
  if (is_new) note.own_codes.push_back(201);
  if (t.in.is_mapped) note.own_codes.push_back(210);
  const auto& whom = session_of(me, t.in.from.full());
  send_roster(t, r, me, whom);
  broadcast(t.out, r, me, note);
  send_history(t.out, r, whom, request.history);
  send_subject(t.out, r, whom);
}

/// The same again, for a client that lost count (section 7.2.1).
void enter_again(turn& t, room& r, occupant& me, const entry_request& request, std::string content) {
  auto& own = session_of(me, t.in.from.full());
  std::swap(own, me.sessions.back());
  me.sessions.back().content = std::move(content);
  welcome(t, r, me, request, false);
}

void change_presence(turn& t, room& r, occupant& me, std::string content) {
  auto& own = session_of(me, t.in.from.full());
  std::swap(own, me.sessions.back());
  me.sessions.back().content = std::move(content);
  presence_note note;
  note.id = t.in.id;
  broadcast(t.out, r, me, note);
}

/// Section 7.6. The occupant is the same, whatever it is called and from however many sessions.
void change_nick(turn& t, room& r, occupant& me, std::string content) {
  const std::string fresh(t.in.to.resource());
  if (is_taken(r, fresh, me.bare) || occupant_named(r, fresh) != nullptr) return refuse(t, "conflict", "the nickname is taken");
  presence_note farewell;
  farewell.unavailable = true;
  farewell.new_nick = fresh;
  farewell.codes.push_back(303);
  const bool was_shown = me.shown;
  broadcast(t.out, r, me, farewell);
  auto node = r.occupants.extract(me.nick);
  node.key() = fresh;
  node.mapped().nick = fresh;
  node.mapped().address = escaped(t.in.to.full());
  node.mapped().shown = was_shown;
  auto& moved = r.occupants.insert(std::move(node)).position->second;
  for (const auto& s : moved.sessions) r.nicks[s.jid] = fresh;
  std::swap(session_of(moved, t.in.from.full()), moved.sessions.back());
  moved.sessions.back().content = std::move(content);
  presence_note note;
  note.id = t.in.id;
  if (t.in.is_mapped) note.own_codes.push_back(210);
  broadcast(t.out, r, moved, note);
}

}  // namespace

void enter(turn& t, room* r) {
  auto* me = r == nullptr ? nullptr : occupant_of(*r, t.in.from.full());
  const auto request = read_request(t);
  if (!request.asked && me == nullptr && !t.in.to.resource().empty()) return send_away(t);
  if (!is_usable_nick(t)) return;
  auto content = content_of(t, t.in.to.bare());
  if (content.size() > t.most().presence_bytes)
    return refuse(t, "not-acceptable", "a presence has at most " + std::to_string(t.most().presence_bytes) + " bytes");
  if (me != nullptr) {
    if (me->nick != t.in.to.resource()) return change_nick(t, *r, *me, std::move(content));
    if (request.asked) return enter_again(t, *r, *me, request, std::move(content));
    return change_presence(t, *r, *me, std::move(content));
  }
  const bool is_new = r == nullptr;
  if (is_new) r = make_room(t);
  if (r == nullptr || !may_enter(t, *r, request)) return;
  welcome(t, *r, seat(t, *r, std::move(content)), request, is_new);
}

}  // namespace couplet::muc

#include <utility>
#include <vector>

#include "handlers.hpp"
#include "names.hpp"
#include "presence.hpp"
#include "xml/writer.hpp"

namespace couplet::muc {
namespace {

/// One that a client can take, whatever else it is sent.
constexpr std::size_t most_list_bytes = 256U << 10U;

std::string_view condition_of(verdict v) noexcept {
  switch (v) {
    case verdict::forbidden: return "forbidden";
    case verdict::not_allowed: return "not-allowed";
    case verdict::conflict: return "conflict";
    case verdict::allowed: break;
  }
  return {};
}

void append_item(std::string& out, const occupant* there, std::string_view jid, affiliation has, std::string_view nick) {
  out += "<item";
  xml::append_attribute(out, "affiliation", name_of(has));
  if (there != nullptr) xml::append_attribute(out, "role", name_of(there->is));
  xml::append_attribute(out, "jid", jid);
  if (!nick.empty()) xml::append_attribute(out, "nick", nick);
  out += "/>";
}

/// Sections 9.2, 9.5, 10.5, 10.8: lists name addresses, so in a semi-anonymous room they are for those who rule it.
bool may_see_affiliations(room& r, std::string_view bare, std::string_view full, affiliation which) {
  const auto has = affiliation_of(r, bare);
  const bool about_rulers = which >= affiliation::admin;
  if (has >= (about_rulers ? affiliation::owner : affiliation::admin)) return true;
  if (!r.config.shows_jids || which == affiliation::outcast) return false;
  return has >= affiliation::member || (occupant_of(r, full) != nullptr && has != affiliation::outcast);
}

void list_affiliations(turn& t, room& r, affiliation which) {
  if (which == affiliation::none) return refuse(t, "bad-request", "there is no list of those without affiliation");
  if (!may_see_affiliations(r, t.in.from.bare(), t.in.from.full(), which)) return refuse(t, "forbidden");
  std::string text = "<query";
  xml::append_attribute(text, "xmlns", ns::admin);
  text += '>';
  for (const auto& [jid, a] : r.affiliations) {
    if (a.what == which) append_item(text, nullptr, jid, which, a.nick);
    if (text.size() > most_list_bytes) return refuse(t, "resource-constraint", "the list is longer than 256 KiB");
  }
  answer(t, text + "</query>");
}

void list_roles(turn& t, room& r, role which) {
  const auto* const me = occupant_of(r, t.in.from.full());
  const bool may = which == role::moderator ? affiliation_of(r, t.in.from.bare()) >= affiliation::admin
                                            : me != nullptr && me->is == role::moderator;
  if (!may) return refuse(t, "forbidden");
  std::string text = "<query";
  xml::append_attribute(text, "xmlns", ns::admin);
  text += '>';
  for (const auto& [nick, o] : r.occupants) {
    if (o.is == which) append_item(text, &o, o.sessions.back().jid, affiliation_of(r, o.bare), nick);
    if (text.size() > most_list_bytes) return refuse(t, "resource-constraint", "the list is longer than 256 KiB");
  }
  answer(t, text + "</query>");
}

void list(turn& t, room& r, const xml::element& query) {
  const auto item = query.child("item", ns::admin);
  const auto what = item.attribute("affiliation");
  const auto which = item.attribute("role");
  if (!item || what.has_value() == which.has_value()) return refuse(t, "bad-request", "a list is of a role or an affiliation");
  if (what) {
    const auto named = affiliation_named(*what);
    return named ? list_affiliations(t, r, *named) : refuse(t, "bad-request", "there is no such affiliation");
  }
  const auto named = role_named(*which);
  named&&* named != role::none ? list_roles(t, r, *named) : refuse(t, "bad-request", "there is no such role");
}

struct role_change {
  std::string nick;
  role wanted = role::none;
  std::string reason;
};

/// What a request asks for, checked, so that all of it is done or nothing.
struct demands {
  std::vector<affiliation_change> affiliations;
  std::vector<role_change> roles;
};

/// False: refused.
bool read_role(turn& t, room& r, const xml::element& item, std::string reason, demands& all) {
  const auto wanted = role_named(item.attribute("role").value_or(""));
  const auto nick = item.attribute("nick");
  if (!wanted || !nick) return refuse(t, "bad-request", "a role is given by role and nick"), false;
  auto* const whom = occupant_named(r, *nick);
  if (whom == nullptr) return refuse(t, "item-not-found", "nobody here has this nickname"), false;
  const auto* const me = occupant_of(r, t.in.from.full());
  const standing mine(affiliation_of(r, t.in.from.bare()), me == nullptr ? role::none : me->is);
  const auto v = may_change_role(mine, standing(affiliation_of(r, whom->bare), whom->is), *wanted);
  if (v != verdict::allowed) return refuse(t, condition_of(v)), false;
  role_change one;
  one.nick = whom->nick;
  one.wanted = *wanted;
  one.reason = std::move(reason);
  all.roles.push_back(std::move(one));
  return true;
}

/// The bare JID that an item is about; who is there may be named by his nickname.
std::optional<std::string> whose(room& r, const xml::element& item) {
  if (const auto jid = item.attribute("jid")) {
    const auto address = base::jid::parse(*jid);
    return address ? std::optional(std::string(address->bare())) : std::nullopt;
  }
  const auto* const there = occupant_named(r, item.attribute("nick").value_or(""));
  return there == nullptr ? std::nullopt : std::optional(there->bare);
}

bool read_affiliation(turn& t, room& r, const xml::element& item, std::string reason, demands& all) {
  const auto wanted = affiliation_named(item.attribute("affiliation").value_or(""));
  if (!wanted) return refuse(t, "bad-request", "there is no such affiliation"), false;
  auto jid = whose(r, item);
  if (!jid) return refuse(t, "jid-malformed", "whose affiliation it is is no address"), false;
  if (jid->find('@') == std::string::npos && *wanted >= affiliation::admin)
    return refuse(t, "not-acceptable", "a whole domain cannot rule a room"), false;
  const bool himself = *jid == t.in.from.bare();
  const auto v = may_change_affiliation(affiliation_of(r, t.in.from.bare()), affiliation_of(r, *jid), *wanted, himself);
  if (v != verdict::allowed) return refuse(t, condition_of(v)), false;
  affiliation_change one;
  one.jid = std::move(*jid);
  one.what = *wanted;
  // With a JID the nickname is the one to reserve; without, it only says who is meant.
  if (const auto nick = item.attribute("nick"); nick && item.attribute("jid")) {
    const auto prepared = nick->empty() ? std::optional(std::string()) : base::prepare_resource(*nick);
    if (!prepared || prepared->size() > t.most().nick_bytes) return refuse(t, "not-acceptable", "that is no nickname"), false;
    one.nick = *prepared;
  }
  one.reason = std::move(reason);
  all.affiliations.push_back(std::move(one));
  return true;
}

bool read_demands(turn& t, room& r, const xml::element& query, demands& all) {
  std::size_t count = 0;
  for (auto item = query.first_child(); item; item = item.next_sibling()) {
    if (!item.is("item", ns::admin)) continue;
    if (++count > t.most().items)
      return refuse(t, "not-acceptable", "one request changes at most " + std::to_string(t.most().items)), false;
    const bool about_role = item.attribute("role").has_value();
    if (about_role == item.attribute("affiliation").has_value())
      return refuse(t, "bad-request", "an item gives a role or an affiliation"), false;
    auto reason = item.child("reason").text();
    if (reason.size() > t.most().reason_bytes)
      return refuse(t, "not-acceptable", "a reason has at most " + std::to_string(t.most().reason_bytes) + " bytes"), false;
    const bool fine =
        about_role ? read_role(t, r, item, std::move(reason), all) : read_affiliation(t, r, item, std::move(reason), all);
    if (!fine) return false;
  }
  if (count == 0) refuse(t, "bad-request", "there is no item");
  return count != 0;
}

}  // namespace

void give_role(effects& out, room& r, occupant& o, role wanted, std::string_view actor, std::string_view reason) {
  presence_note note;
  note.actor = actor;
  note.reason = reason;
  if (wanted == role::none) {
    note.codes.push_back(307);
    return remove_occupant(out, r, o, std::move(note));
  }
  if (o.is == wanted) return;
  o.is = wanted;
  broadcast(out, r, o, note);
}

void on_admin(turn& t, room& r, const xml::element& query) {
  if (t.in.type == "get") return list(t, r, query);
  demands all;
  if (!read_demands(t, r, query, all)) return;
  if (!all.affiliations.empty() && has_to_wait(t, r)) return;
  auto what = change_asked_by(t, r);
  const auto actor = what.actor;
  what.affiliations = std::move(all.affiliations);
  make_change(t, r, std::move(what));
  for (const auto& c : all.roles) {
    if (auto* const whom = occupant_named(r, c.nick)) give_role(t.out, r, *whom, c.wanted, actor, c.reason);
  }
}

}  // namespace couplet::muc

#include <optional>
#include <utility>
#include <vector>

#include "handlers.hpp"
#include "invitations.hpp"
#include "names.hpp"
#include "presence.hpp"
#include "xml/writer.hpp"

namespace couplet::muc {
namespace {

struct invitation {
  base::jid whom;
  std::string reason;
  std::optional<std::string> thread;  ///< with <continue/>
};

/// Nothing: refused.
std::optional<std::vector<invitation>> read_invitations(turn& t, const xml::element& x) {
  std::vector<invitation> all;
  for (auto invite = x.first_child(); invite; invite = invite.next_sibling()) {
    if (!invite.is("invite", ns::user)) continue;
    auto whom = base::jid::parse(invite.attribute("to").value_or(""));
    if (!whom) return refuse(t, "jid-malformed", "whom the invitation is for is no address"), std::nullopt;
    invitation one;
    one.whom = std::move(*whom);
    one.reason = invite.child("reason").text();
    if (const auto further = invite.child("continue")) one.thread = further.attribute("thread").value_or("");
    if (one.reason.size() > t.most().reason_bytes)
      return refuse(t, "not-acceptable", "a reason has at most " + std::to_string(t.most().reason_bytes) + " bytes"),
             std::nullopt;
    if (all.size() == t.most().items)
      return refuse(t, "not-acceptable", "one message invites at most " + std::to_string(t.most().items)), std::nullopt;
    all.push_back(std::move(one));
  }
  return all;
}

std::string invitation_text(const room& r, std::string_view from, const base::jid& whom, std::string_view reason,
                            const std::optional<std::string>& thread) {
  std::string text = "<message";
  xml::append_attribute(text, "to", whom.full());
  text.append(" from='").append(r.address).append("'><x");
  xml::append_attribute(text, "xmlns", ns::user);
  text += "><invite";
  xml::append_attribute(text, "from", from);
  text += '>';
  if (!reason.empty()) {
    text += "<reason>";
    xml::append_text(text, reason);
    text += "</reason>";
  }
  if (thread) {
    text += "<continue";
    if (!thread->empty()) xml::append_attribute(text, "thread", *thread);
    text += "/>";
  }
  text += "</invite>";
  if (r.config.has_password) {
    text += "<password>";
    xml::append_text(text, r.config.password);
    text += "</password>";
  }
  return text + "</x></message>";
}

/// Section 7.8.2. In a room for members only who is invited becomes a member.
void invite(turn& t, room& r, const std::vector<invitation>& whom) {
  auto* const me = occupant_of(r, t.in.from.full());
  if (me == nullptr) return refuse(t, "not-acceptable", "you are not in this room");
  const bool rules = affiliation_of(r, me->bare) >= affiliation::admin;
  const bool may =
      r.config.everybody_invites ? me->is >= role::participant : rules || (!r.config.members_only && me->is == role::moderator);
  if (!may) return refuse(t, "forbidden", "you may not invite others into this room");
  change what;
  for (const auto& i : whom) {
    what.then.push_back(invitation_text(r, me->bare, i.whom, i.reason, i.thread));
    if (!r.config.members_only || affiliation_of(r, i.whom.bare()) != affiliation::none) continue;
    affiliation_change member;
    member.jid = i.whom.bare();
    member.what = affiliation::member;
    what.affiliations.push_back(std::move(member));
  }
  if (!what.affiliations.empty() && has_to_wait(t, r)) return;
  auto answered = change_asked_by(t, r);
  answered.result.clear();
  answered.affiliations = std::move(what.affiliations);
  answered.then = std::move(what.then);
  make_change(t, r, std::move(answered));
}

/// It goes to somebody who is there, under his bare JID, which invitations name, or his nickname. So nobody can write to others in the
/// room's name.
void decline(turn& t, room& r, const xml::element& what) {
  const auto to = base::jid::parse(what.attribute("to").value_or(""));
  const auto reason = what.child("reason").text();
  if (!to) return refuse(t, "jid-malformed", "whom the declination is for is no address");
  if (affiliation_of(r, t.in.from.bare()) == affiliation::outcast) return refuse(t, "forbidden", "you are banned from this room");
  if (reason.size() > t.most().reason_bytes)
    return refuse(t, "not-acceptable", "a reason has at most " + std::to_string(t.most().reason_bytes) + " bytes");
  std::string rest;
  rest.append("' from='").append(r.address).append("'><x");
  xml::append_attribute(rest, "xmlns", ns::user);
  rest += "><decline";
  xml::append_attribute(rest, "from", t.in.from.bare());
  rest += '>';
  if (!reason.empty()) {
    rest += "<reason>";
    xml::append_text(rest, reason);
    rest += "</reason>";
  }
  rest += "</decline></x></message>";
  bool found = false;
  for (const auto& [nick, o] : r.occupants) {
    const bool is_he = to->bare() == r.jid ? nick == to->resource() : o.bare == to->bare();
    if (!is_he) continue;
    found = true;
    for (const auto& s : o.sessions) send(t.out, "message", s.to, rest);
  }
  if (!found) refuse(t, "item-not-found", "who has invited you is not in this room");
}

}  // namespace

bool on_invitation(turn& t, room& r, const xml::element& x) {
  if (const auto declined = x.child("decline", ns::user)) return decline(t, r, declined), true;
  if (!x.child("invite", ns::user)) return false;
  const auto all = read_invitations(t, x);
  if (all) invite(t, r, *all);
  return true;
}

std::string membership_invitation(const room& r, std::string_view from, std::string_view whom, std::string_view reason) {
  const auto to = base::jid::parse(whom);
  return to ? invitation_text(r, from, *to, reason, std::nullopt) : std::string();
}

}  // namespace couplet::muc

#include "form.hpp"
#include "handlers.hpp"
#include "names.hpp"
#include "presence.hpp"

namespace couplet::muc {
namespace {

/// Section 7.13: every moderator is asked.
void ask_for_voice(turn& t, room& r) {
  auto* const me = occupant_of(r, t.in.from.full());
  if (me == nullptr) return refuse(t, "not-acceptable", "you are not in this room");
  if (me->is != role::visitor) return refuse(t, "not-allowed", "you have voice already");
  std::string rest;
  rest.append("' from='").append(r.address).append("'>");
  form_writer form(rest, "form", ns::request, "Somebody asks for voice");
  form.field("muc#role", "list-single", "Role", std::vector<std::string>{"participant"}, {{"Participant", "participant"}});
  form.field("muc#jid", "jid-single", "Address", me->sessions.back().jid);
  form.field("muc#roomnick", "text-single", "Nickname", me->nick);
  form.flag("muc#request_allow", "Grant voice", false);
  form.end();
  rest += "</message>";
  bool asked = false;
  for (const auto& [nick, o] : r.occupants) {
    if (o.is != role::moderator) continue;
    asked = true;
    for (const auto& s : o.sessions) send(t.out, "message", s.to, rest);
  }
  if (!asked) refuse(t, "item-not-found", "there is no moderator in this room");
}

/// Section 8.6.
void approve(turn& t, room& r, const form_values& form) {
  auto* const me = occupant_of(r, t.in.from.full());
  if (me == nullptr) return refuse(t, "not-acceptable", "you are not in this room");
  if (me->is != role::moderator) return refuse(t, "forbidden", "moderators grant voice");
  if (!read_boolean(first_value(form, "muc#request_allow")).value_or(false)) return;  // not granted: nothing happens
  auto* const whom = occupant_named(r, first_value(form, "muc#roomnick"));
  if (whom == nullptr) return refuse(t, "item-not-found", "who has asked for voice is not there any more");
  if (whom->is == role::visitor) give_role(t.out, r, *whom, role::participant, me->nick, {});
}

}  // namespace

bool on_voice_form(turn& t, room& r, const xml::element& x) {
  if (x.attribute("type").value_or("") != "submit") return false;
  const auto form = read_form(x);
  if (first_value(form, "FORM_TYPE") != ns::request) return false;
  if (form.find("muc#request_allow") != form.end()) return approve(t, r, form), true;
  if (first_value(form, "muc#role") != "participant") return false;
  ask_for_voice(t, r);
  return true;
}

}  // namespace couplet::muc

#include <algorithm>
#include <utility>

#include "form.hpp"
#include "handlers.hpp"
#include "names.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::muc {
namespace {

constexpr std::string_view nick_field = "muc#register_roomnick";

void give_form(turn& t, const room& r, affiliation has) {
  std::string text = "<query";
  xml::append_attribute(text, "xmlns", xml::ns::iq_register);
  text += '>';
  if (has >= affiliation::member) {
    text += "<registered/>";
    const auto found = r.affiliations.find(t.in.from.bare());
    if (found != r.affiliations.end() && !found->second.nick.empty()) {
      text += "<username>";
      xml::append_text(text, found->second.nick);
      text += "</username>";
    }
  } else {
    form_writer form(text, "form", ns::registration, "Registration with " + r.jid);
    form.field(nick_field, "text-single", "Nickname", "");
    form.end();
  }
  answer(t, text + "</query>");
}

/// The nickname that is to be reserved. Nothing: refused.
std::optional<std::string> read_nick(turn& t, const room& r, const xml::element& query) {
  const auto x = query.child("x", ns::data);
  const auto form = read_form(x);
  const auto text = first_value(form, nick_field);
  if (!x || x.attribute("type").value_or("") != "submit" || first_value(form, "FORM_TYPE") != ns::registration || text.empty())
    return refuse(t, "bad-request", "expected the form of registrations, with a nickname"), std::nullopt;
  auto nick = base::prepare_resource(text);
  if (!nick || nick->size() > t.most().nick_bytes || nick->find_first_not_of(' ') == std::string::npos)
    return refuse(t, "not-acceptable", "that is no nickname"), std::nullopt;
  const auto there = r.occupants.find(*nick);
  if (there != r.occupants.end() && there->second.bare != t.in.from.bare())
    return refuse(t, "conflict", "the nickname is somebody else's"), std::nullopt;
  return nick;
}

}  // namespace

/// Sections 7.10 and 7.12.
void on_registration(turn& t, room& r, const xml::element& query) {
  const auto has = affiliation_of(r, t.in.from.bare());
  if (has == affiliation::outcast) return refuse(t, "forbidden", "you are banned from this room");
  if (has == affiliation::none && r.config.members_only) return refuse(t, "not-allowed", "only admins make members of this room");
  if (t.in.type == "get") return give_form(t, r, has);
  affiliation_change own;
  own.jid = t.in.from.bare();
  if (query.child("remove", xml::ns::iq_register)) {
    if (has == affiliation::none) return refuse(t, "registration-required", "you are not registered with this room");
    own.what = has == affiliation::member ? affiliation::none : has;
    own.nick.emplace();
  } else {
    auto nick = read_nick(t, r, query);
    if (!nick) return;
    own.what = std::max(has, affiliation::member);
    own.nick = std::move(*nick);
  }
  if (has_to_wait(t, r)) return;
  auto c = change_asked_by(t, r);
  c.affiliations.push_back(std::move(own));
  make_change(t, r, std::move(c));
}

}  // namespace couplet::muc

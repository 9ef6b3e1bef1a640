#include <algorithm>
#include <utility>

#include "handlers.hpp"
#include "names.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::muc {
namespace {

constexpr std::string_view owners_field = "muc#roomconfig_roomowners";
constexpr std::string_view admins_field = "muc#roomconfig_roomadmins";
/// Longer lists have requests of their own (sections 10.5 and 10.8).
constexpr std::size_t most_in_form = 100;

std::uint32_t number(std::size_t n) noexcept {
  return static_cast<std::uint32_t>(n);
}

void append_list(form_writer& form, const room& r, std::string_view field, std::string_view label, affiliation what) {
  if (count_of(r, what) > most_in_form) return;
  std::vector<std::string> jids;
  for (const auto& [jid, a] : r.affiliations)
    if (a.what == what) jids.push_back(jid);
  form.field(field, "jid-multi", label, jids);
}

void give_form(turn& t, const room& r) {
  std::string text = "<query";
  xml::append_attribute(text, "xmlns", ns::owner);
  text += '>';
  form_writer form(text, "form", ns::room_config, "Configuration of " + r.jid);
  append_fields(form, r.config);
  append_list(form, r, admins_field, "Admins", affiliation::admin);
  append_list(form, r, owners_field, "Owners", affiliation::owner);
  form.end();
  answer(t, text + "</query>");
}

/// Those whom the form names get the affiliation, and those who have it and are not named lose it. False: refused.
bool read_list(turn& t, const room& r, const form_values& form, std::string_view field, affiliation what, change& c) {
  const auto found = form.find(field);
  if (found == form.end()) return true;
  std::vector<std::string> named;
  for (const auto& text : found->second) {
    if (text.empty()) continue;
    const auto jid = base::jid::parse(text);
    if (!jid || !jid->has_node()) return refuse(t, "not-acceptable", std::string(field) + ": expected addresses of users"), false;
    named.emplace_back(jid->bare());
  }
  if (named.size() > t.most().items) return refuse(t, "not-acceptable", std::string(field) + ": too many addresses"), false;
  const auto add = [&c](std::string jid, affiliation wanted) {
    affiliation_change one;
    one.jid = std::move(jid);
    one.what = wanted;
    c.affiliations.push_back(std::move(one));
  };
  for (const auto& [jid, a] : r.affiliations) {
    if (a.what == what && std::find(named.begin(), named.end(), jid) == named.end()) add(jid, affiliation::none);
  }
  for (auto& jid : named)
    if (affiliation_of(r, jid) != what) add(std::move(jid), what);
  return true;
}

void configure(turn& t, room& r, const xml::element& x) {
  if (has_to_wait(t, r)) return;
  const auto form = read_form(x);
  const auto type = first_value(form, "FORM_TYPE");
  if (!type.empty() && type != ns::room_config) return refuse(t, "bad-request", "this form is not the one of rooms");
  auto c = change_asked_by(t, r);
  c.config = r.config;
  if (const auto wrong = read_fields(form, *c.config, number(t.most().occupants), number(t.most().history_messages)))
    return refuse(t, "not-acceptable", *wrong);
  // Owners last: who is in both lists is one.
  if (!read_list(t, r, form, admins_field, affiliation::admin, c)) return;
  if (!read_list(t, r, form, owners_field, affiliation::owner, c)) return;
  make_change(t, r, std::move(c));
}

/// Section 10.9: what is sent to those who are there.
void destroy(turn& t, room& r, const xml::element& wish) {
  if (has_to_wait(t, r)) return;
  std::string text = "<destroy";
  if (const auto venue = wish.attribute("jid"); venue && !venue->empty()) {
    if (!base::jid::parse(*venue)) return refuse(t, "jid-malformed", "the other room is no address");
    xml::append_attribute(text, "jid", *venue);
  }
  text += '>';
  for (const auto* name : {"password", "reason"}) {
    const auto child = wish.child(name, ns::owner);
    if (!child) continue;
    const auto content = child.text();
    if (content.size() > t.most().reason_bytes)
      return refuse(t, "not-acceptable", "a reason has at most " + std::to_string(t.most().reason_bytes) + " bytes");
    text.append(1, '<').append(name).append(1, '>');
    xml::append_text(text, content);
    text.append("</").append(name).append(1, '>');
  }
  auto c = change_asked_by(t, r);
  c.destroy = text + "</destroy>";
  make_change(t, r, std::move(c));
}

/// Who does not want to configure a new room does not want the room (section 10.1.3).
void cancel(turn& t, room& r) {
  if (has_to_wait(t, r)) return;
  if (!r.locked) return answer(t, {});
  auto c = change_asked_by(t, r);
  c.destroy = "<destroy/>";
  make_change(t, r, std::move(c));
}

}  // namespace

void on_owner(turn& t, room& r, const xml::element& query) {
  if (affiliation_of(r, t.in.from.bare()) != affiliation::owner) return refuse(t, "forbidden", "you do not own this room");
  if (t.in.type == "get") return give_form(t, r);
  if (const auto wish = query.child("destroy", ns::owner)) return destroy(t, r, wish);
  const auto x = query.child("x", ns::data);
  const auto type = x.attribute("type").value_or("");
  if (type == "cancel") return cancel(t, r);
  if (type == "submit") return configure(t, r, x);
  refuse(t, "bad-request", "expected a form or a wish to destroy the room");
}

}  // namespace couplet::muc

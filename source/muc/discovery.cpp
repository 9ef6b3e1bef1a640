#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <vector>

#include "form.hpp"
#include "handlers.hpp"
#include "names.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::muc {
namespace {

constexpr std::size_t most_rooms_in_a_page = 100;

void append_features(std::string& out, std::initializer_list<std::string_view> features) {
  for (const auto feature : features) {
    out += "<feature";
    xml::append_attribute(out, "var", feature);
    out += "/>";
  }
}

void open_query(std::string& out, std::string_view uri, std::string_view node = {}) {
  out += "<query";
  xml::append_attribute(out, "xmlns", uri);
  if (!node.empty()) xml::append_attribute(out, "node", node);
  out += '>';
}

void append_identity(std::string& out, std::string_view name) {
  out += "<identity category='conference' type='text'";
  xml::append_attribute(out, "name", name);
  out += "/>";
}

std::string_view name_of(const room& r) {
  return r.config.name.empty() ? std::string_view(r.jid).substr(0, r.jid.find('@')) : std::string_view(r.config.name);
}

/// What somebody wants to see of a long list (XEP-0059).
struct page_request {
  std::size_t most = most_rooms_in_a_page;
  std::optional<std::string> after, before;
};

page_request read_page(const xml::element& query) {
  page_request page;
  const auto set = query.child("set", ns::result_sets);
  if (!set) return page;
  const auto max = set.child("max").text();
  std::size_t number = 0;
  const auto [end, failed] = std::from_chars(max.data(), max.data() + max.size(), number);
  if (failed == std::errc() && end == max.data() + max.size()) page.most = std::min(number, most_rooms_in_a_page);
  if (const auto after = set.child("after")) page.after = after.text();
  if (const auto before = set.child("before")) page.before = before.text();
  return page;
}

/// The rooms of a page, in the order of their addresses; `count`: of all.
std::vector<const room*> find_page(const core& all, std::string_view domain, const page_request& page, std::size_t& count) {
  std::vector<const room*> listed;
  for (const auto& [jid, r] : all.rooms) {
    const bool here = std::string_view(jid).substr(jid.find('@') + 1) == domain;
    if (here && r->config.listed && !r->locked && !r->gone) listed.push_back(r.get());
  }
  count = listed.size();
  if (page.after) std::erase_if(listed, [&](const room* r) { return r->jid <= *page.after; });
  if (page.before && !page.before->empty()) std::erase_if(listed, [&](const room* r) { return r->jid >= *page.before; });
  if (listed.size() <= page.most) return listed;
  const auto excess = static_cast<std::ptrdiff_t>(listed.size() - page.most);
  page.before ? listed.erase(listed.begin(), listed.begin() + excess) : listed.erase(listed.end() - excess, listed.end());
  return listed;
}

void list_rooms(turn& t, const xml::element& query) {
  std::size_t count = 0;
  const auto page = read_page(query);
  const auto rooms = find_page(t.all, t.in.to.domain(), page, count);
  std::string text;
  open_query(text, xml::ns::disco_items);
  for (const auto* r : rooms) {
    text.append("<item jid='").append(r->address).append(1, '\'');
    xml::append_attribute(text, "name", name_of(*r));
    text += "/>";
  }
  if (rooms.size() < count || page.after || page.before) {
    text += "<set";
    xml::append_attribute(text, "xmlns", ns::result_sets);
    text += '>';
    if (!rooms.empty()) {
      text += "<first>";
      xml::append_text(text, rooms.front()->jid);
      text += "</first><last>";
      xml::append_text(text, rooms.back()->jid);
      text += "</last>";
    }
    text.append("<count>").append(std::to_string(count)).append("</count></set>");
  }
  answer(t, text + "</query>");
}

/// Section 6.4: what clients look at before they enter.
void append_room_info(std::string& text, const room& r) {
  const auto& c = r.config;
  append_identity(text, name_of(r));
  append_features(
      text, {ns::muc, xml::ns::disco_info, xml::ns::disco_items, xml::ns::ping, xml::ns::iq_register, ns::registration,
             ns::room_config, ns::room_info, ns::request, ns::stable_id, ns::self_ping, ns::stanza_id, ns::occupant_id,
             c.listed ? "muc_public" : "muc_hidden", c.members_only ? "muc_membersonly" : "muc_open",
             c.moderated ? "muc_moderated" : "muc_unmoderated", c.shows_jids ? "muc_nonanonymous" : "muc_semianonymous",
             c.has_password ? "muc_passwordprotected" : "muc_unsecured", c.persistent ? "muc_persistent" : "muc_temporary"});
  form_writer form(text, "result", ns::room_info);
  form.field("muc#roominfo_description", {}, {}, c.description);
  form.field("muc#roominfo_lang", {}, {}, c.language);
  form.field("muc#roominfo_occupants", {}, {}, std::to_string(r.occupants.size()));
  form.field("muc#roominfo_subject", {}, {}, r.subject.text);
  form.flag("muc#roominfo_subjectmod", {}, c.everybody_sets_subject);
  form.field("muc#maxhistoryfetch", {}, {}, std::to_string(c.history));
  form.field("muc#roomconfig_roomname", {}, {}, name_of(r));
  form.flag("muc#roomconfig_changesubject", {}, c.everybody_sets_subject);
  form.flag("muc#roomconfig_allowinvites", {}, c.everybody_invites);
  form.end();
}

/// Section 7.12.
void tell_reserved_nick(turn& t, room& r) {
  std::string text;
  open_query(text, xml::ns::disco_info, "x-roomuser-item");
  const auto found = r.affiliations.find(t.in.from.bare());
  if (found != r.affiliations.end() && !found->second.nick.empty()) append_identity(text, found->second.nick);
  answer(t, text + "</query>");
}

}  // namespace

bool on_service_discovery(turn& t, const xml::element& payload) {
  const bool info = payload.is("query", xml::ns::disco_info);
  if (t.in.type != "get" || (!info && !payload.is("query", xml::ns::disco_items))) return false;
  if (!payload.attribute("node").value_or("").empty()) return refuse(t, "item-not-found"), true;
  if (!info) return list_rooms(t, payload), true;
  std::string text;
  open_query(text, xml::ns::disco_info);
  append_identity(text, "Group chat");
  append_features(text, {ns::muc, xml::ns::disco_info, xml::ns::disco_items, xml::ns::ping, xml::ns::version, ns::result_sets,
                         ns::stable_id, ns::self_ping, ns::occupant_id});
  answer(t, text + "</query>");
  return true;
}

bool on_room_discovery(turn& t, room& r, const xml::element& payload) {
  const bool info = payload.is("query", xml::ns::disco_info);
  if (t.in.type != "get" || (!info && !payload.is("query", xml::ns::disco_items))) return false;
  const auto node = payload.attribute("node").value_or("");
  if (info && node == "x-roomuser-item") return tell_reserved_nick(t, r), true;
  if (info && node == ns::traffic) return refuse(t, "service-unavailable", "everything may pass"), true;
  if (!node.empty()) return refuse(t, "item-not-found"), true;
  std::string text;
  open_query(text, info ? xml::ns::disco_info : xml::ns::disco_items);
  if (info) append_room_info(text, r);  // who is there is for those who are (section 6.5)
  answer(t, text + "</query>");
  return true;
}

}  // namespace couplet::muc

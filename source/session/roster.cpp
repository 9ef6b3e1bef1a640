#include "roster.hpp"

#include <algorithm>
#include <utility>

#include "base/jid.hpp"
#include "delivery.hpp"
#include "iq_answers.hpp"
#include "subscriptions.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::session {
namespace {

// As long as the parts of a JID may be, and as many as anybody has.
constexpr std::size_t max_name_bytes = 1'023;
constexpr std::size_t max_groups = 32;

/// With the version, whether the client knows versions or not (2.6.3).
void append_query(std::string& out, const contacts& known) {
  out.append("<query xmlns='").append(xml::ns::iq_roster).append("' ver='").append(known.version()).append("'>");
}

void get_roster(core& c, const contacts& known, session* s, std::string&& xml, const stanza_head& head, effects& out) {
  const auto query = c.document.parse(xml, xml::ns::client).first_child();
  const auto version = query.attribute("ver");
  if (s != nullptr) s->wants_roster = true;
  auto content = base::take_text();
  if (!version || *version != known.version()) {
    append_query(content, known);
    for (const auto& item : known.items()) item.append_to(content);
    content += "</query>";
  }
  answer_result(c, content, head, out);
  base::give_text(std::move(content));
  ignore(std::move(xml));
}

/// The item is gone, and with it what the two saw of each other (2.5.2).
std::optional<condition> remove_item(const core& c, const account_table::entry& owner, const contacts& known,
                                     contact_change& change) {
  const auto* const item = known.find(change.jid);
  if (item == nullptr) return condition::item_not_found;
  const auto state = item->subscription().state;
  change.removes_item = true;
  if (has_from(state)) change.tells = contact_change::presence::unavailable;
  if (!is_reachable(c, change.jid)) return std::nullopt;
  if (has_to(state) || has_out(state)) change.routes.push_back(subscription_stanza("unsubscribe", owner.first, change.jid));
  if (has_from(state)) change.routes.push_back(subscription_stanza("unsubscribed", owner.first, change.jid));
  return std::nullopt;
}

std::optional<condition> put_item(const core& c, const contacts& known, const roster_wish& wish, contact_change& change) {
  const auto* const item = known.find(wish.jid);
  if (item == nullptr && is_full(c, known)) return condition::resource_constraint;
  change.item.emplace(wish.jid, wish.name, wish.groups);
  if (item != nullptr) change.item->set_subscription(item->subscription());
  return std::nullopt;
}

void set_roster(core& c, account_table::entry& owner, std::string&& xml, const stanza_head& head, effects& out) {
  const auto& known = *contacts_of(owner);
  auto read = read_roster_wish(c.document.parse(xml, xml::ns::client).first_child());
  auto* const wish = std::get_if<roster_wish>(&read);
  if (wish == nullptr) return answer_error(c, std::move(xml), head, std::get<condition>(read), out);
  // The own sessions are there anyway.
  if (wish->jid == owner.first) return answer_error(c, std::move(xml), head, condition::not_allowed, out);
  contact_change change;
  change.jid = wish->jid;
  const auto refused = wish->removes ? remove_item(c, owner, known, change) : put_item(c, known, *wish, change);
  if (refused) return answer_error(c, std::move(xml), head, *refused, out);
  change.pushes = true;
  change.first_tag = first_tag_of(xml);
  ignore(std::move(xml));
  make_change(c, owner, std::move(change), out);
}

}  // namespace

std::variant<roster_wish, condition> read_roster_wish(const xml::element& query) {
  const auto item = query.first_child();
  if (!item.is("item", xml::ns::iq_roster) || item.next_sibling()) return condition::bad_request;
  const auto jid = item.attribute("jid");
  if (!jid) return condition::bad_request;
  const auto parsed = base::jid::parse(*jid);
  if (!parsed) return condition::jid_malformed;
  if (!parsed->is_bare()) return condition::bad_request;
  roster_wish wish;
  wish.jid = parsed->bare();
  wish.removes = item.attribute("subscription") == "remove";
  if (wish.removes) return wish;
  wish.name = item.attribute("name").value_or("");
  if (wish.name.size() > max_name_bytes) return condition::not_acceptable;
  for (auto g = item.first_child(); g; g = g.next_sibling()) {
    if (!g.is("group", xml::ns::iq_roster)) continue;
    auto text = g.text();
    if (text.empty() || text.size() > max_name_bytes || wish.groups.size() == max_groups) return condition::not_acceptable;
    if (std::find(wish.groups.begin(), wish.groups.end(), text) != wish.groups.end()) return condition::bad_request;
    wish.groups.push_back(std::move(text));
  }
  return wish;
}

bool is_full(const core& c, const contacts& known) noexcept {
  return c.options.max_roster_items != 0 && known.items().size() >= c.options.max_roster_items;
}

bool is_roster_request(core& c, std::string_view xml) {
  if (xml.find(xml::ns::iq_roster) == std::string_view::npos) return false;
  return c.document.parse(xml, xml::ns::client).first_child().is("query", xml::ns::iq_roster);
}

void on_roster_request(core& c, account_table::entry& owner, contact_stanza&& s, const stanza_head& head, effects& out) {
  if (head.type == stanza_type::set) return set_roster(c, owner, std::move(s.xml), head, out);
  get_roster(c, *contacts_of(owner), c.sessions.find(s.session), std::move(s.xml), head, out);
}

void push_roster_item(core& c, const account_table::entry& owner, std::string_view jid, effects& out) {
  const auto& known = *contacts_of(owner);
  std::string item;
  if (const auto* const found = known.find(jid)) {
    found->append_to(item);
  } else {
    item += "<item";
    xml::append_attribute(item, "jid", jid);
    item += " subscription='remove'/>";
  }
  c.sessions.each_of(owner, [&](const session& s) {
    if (!s.wants_roster) return;
    auto xml = base::take_text();
    xml += "<iq to='";
    xml::append_attribute_value(xml, s.bare());
    xml += '/';
    xml::append_attribute_value(xml, s.resource);
    xml.append("' type='set' id='push").append(std::to_string(++c.roster_pushes)).append("'>");
    append_query(xml, known);
    xml.append(item).append("</query></iq>");
    push(c, s, std::move(xml), out);
  });
}

}  // namespace couplet::session

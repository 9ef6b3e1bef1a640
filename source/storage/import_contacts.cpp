// Rosters, requests for subscription, block lists.

#include <algorithm>
#include <array>

#include "importing.hpp"
#include "xml/first_tag.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::storage {

namespace {

constexpr std::size_t max_groups = 32;  ///< the same that clients may have
constexpr std::array<std::string_view, 4> subscriptions{"none", "to", "from", "both"};

}  // namespace

void user_reading::take_roster(const xml::element& query) {
  for (auto item = query.first_child(); item; item = item.next_sibling()) {
    item.is("item", xml::ns::iq_roster) ? take_contact(item) : unknown_.note(item);
  }
}

/// Written as the session manager does. Another `ask` than `subscribe`, which servers once had, means nothing now.
void user_reading::take_contact(const xml::element& item) {
  const auto jid = address(item, "jid", "a contact");
  if (!jid.is_bare()) refuse("a contact whose jid has a resource: " + shown(jid.full()));
  // The own sessions see each other without; some servers have such an item.
  if (jid.full() == to_.jid) return unknown_.note(item);
  const auto state = item.attribute("subscription").value_or("none");
  if (std::find(subscriptions.begin(), subscriptions.end(), state) == subscriptions.end())
    refuse("the contact " + shown(jid.full()) + " has a subscription that there is not: " + shown(state));
  const auto name = item.attribute("name").value_or("");
  if (name.size() > max_kept_name_bytes) refuse("the contact " + shown(jid.full()) + " has a name of more than 1023 bytes");
  const auto approved = item.attribute("approved").value_or("");
  std::string text = "<item";
  xml::append_attribute(text, "jid", jid.full());
  if (!name.empty()) xml::append_attribute(text, "name", name);
  xml::append_attribute(text, "subscription", state);
  const bool granted = state == "to" || state == "both";
  if (item.attribute("ask") == "subscribe" && !granted) text += " ask='subscribe'";
  if (approved == "true" || approved == "1") text += " approved='true'";
  const auto groups = groups_of(item);
  text += groups.empty() ? "/>" : ">" + groups + "</item>";
  add(entry_kind::roster_item, jid.full(), std::move(text), "a contact");
}

std::string user_reading::groups_of(const xml::element& item) const {
  std::vector<std::string> groups;
  for (auto g = item.first_child(); g; g = g.next_sibling()) {
    if (!g.is("group", xml::ns::iq_roster)) {
      unknown_.note(g);
      continue;
    }
    auto name = g.text();
    if (name.empty() || std::find(groups.begin(), groups.end(), name) != groups.end()) continue;
    if (name.size() > max_kept_name_bytes || groups.size() == max_groups)
      refuse("the contact " + shown(item.attribute("jid").value_or("")) +
             " is in more than 32 groups, or in one whose name has more than 1023 bytes");
    groups.push_back(std::move(name));
  }
  std::string text;
  for (const auto& name : groups) {
    text += "<group>";
    xml::append_text(text, name);
    text += "</group>";
  }
  return text;
}

/// From one bare JID to the other: who has asked, not where.
void user_reading::take_request(const xml::element& presence) {
  const auto from = address(presence, "from", "a request for subscription");
  const auto whole = stanza(presence);
  xml::attribute_cursor tag(whole);
  auto text = "<" + std::string(tag.name());
  xml::append_attribute(text, "from", from.bare());
  xml::append_attribute(text, "to", to_.jid);
  while (tag.next()) {
    if (tag.current().name != "from" && tag.current().name != "to") text.append(1, ' ').append(tag.current().whole);
  }
  text.append(whole.substr(tag.close_begins()));
  add(entry_kind::subscription_request, std::string(from.bare()), std::move(text), "a request for subscription");
}

void user_reading::take_blocked(const xml::element& list) {
  for (auto item = list.first_child(); item; item = item.next_sibling()) {
    if (item.is("item", xml::ns::blocking)) {
      add(entry_kind::blocked, address(item, "jid", "a blocked contact").full(), {}, "a blocked contact");
    } else {
      unknown_.note(item);
    }
  }
}

}  // namespace couplet::storage

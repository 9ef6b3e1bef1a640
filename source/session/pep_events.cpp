#include "pep_events.hpp"

#include <utility>

#include "base/date_time.hpp"
#include "blocking.hpp"
#include "broadcast.hpp"
#include "caps.hpp"
#include "children.hpp"
#include "contact_work.hpp"
#include "delivery.hpp"
#include "pep_work.hpp"
#include "xml/first_tag.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::session {
namespace {

using storage::entry_kind;

std::string event_message(std::string_view from, std::string_view content) {
  auto xml = base::take_text();
  xml += "<message type='headline'";
  xml::append_attribute(xml, "from", from);
  xml.append("><event xmlns='").append(xml::ns::pubsub_event).append("'>").append(content);
  xml += "</event></message>";
  return xml;
}

/// To the sessions that want to hear of it. `xml` has no `to`.
void give_to_sessions(core& c, const account_table::entry& owner, std::string_view node, std::string_view xml, effects& out) {
  c.sessions.each_of(owner, [&](const session& s) {
    if (!s.available() || !wants_events(s, node)) return;
    auto copy = base::take_text();
    append_with_to(copy, xml, std::string(s.bare()) + '/' + s.resource);
    push(c, s, std::move(copy), out);
  });
}

/// `jid`: of a domain that is served here, or nothing happens: what clients elsewhere want is not known.
void send_event(core& c, std::string_view from, std::string_view jid, std::string_view node, std::string_view xml, effects& out) {
  const auto at = jid.find('@');
  if (at == std::string_view::npos || !c.serves(jid.substr(at + 1)) || is_cut(c, from, jid)) return;
  if (c.owns(jid)) {
    const auto* const owner = c.accounts.find(jid);
    if (owner != nullptr) give_to_sessions(c, *owner, node, xml, out);
    return;
  }
  auto copy = base::take_text();
  append_with_to(copy, xml, jid);
  out.to_partitions.emplace_back(partition_of(jid, c.partitions), std::move(copy));
  out.to_partitions.back().what = delivery::purpose::event;
}

std::string question_of(const session& s, std::string_view to, const std::vector<std::string>& nodes) {
  auto xml = base::take_text();
  xml += "<presence from='";
  xml::append_attribute_value(xml, s.bare());
  xml += '/';
  xml::append_attribute_value(xml, s.resource);
  xml += '\'';
  xml::append_attribute(xml, "to", to);
  xml += '>';
  for (const auto& node : nodes) {
    xml += "<want";
    xml::append_attribute(xml, "node", node);
    xml += "/>";
  }
  xml += "</presence>";
  return xml;
}

void ask_one(core& c, const session& s, std::string_view jid, const std::vector<std::string>& nodes, effects& out) {
  const auto at = jid.find('@');
  if (at == std::string_view::npos || !c.serves(jid.substr(at + 1)) || is_cut(c, s.bare(), jid)) return;
  auto xml = question_of(s, jid, nodes);
  if (c.owns(jid)) return receive_question(c, std::move(xml), out);
  out.to_partitions.emplace_back(partition_of(jid, c.partitions), std::move(xml));
  out.to_partitions.back().what = delivery::purpose::event_question;
}

std::string value_of(std::string_view raw) {
  std::string scratch;
  return std::string(xml::decode_attribute(raw, scratch));
}

bool is_due(const pep_node* node, bool own) {
  return node != nullptr && !node->items.empty() && node->config.sends_last == last_item::on_presence &&
         (own || node->config.access != access_model::whitelist);
}

/// The nodes in question whose newest item is due.
std::vector<std::string> due_nodes(const pep_account& a, std::string_view question, bool own) {
  std::vector<std::string> due;
  for (child_cursor want(question); want.next();) {
    const auto name = value_of(want.attribute("node"));
    if (is_due(a.find(name), own)) due.push_back(name);
  }
  return due;
}

std::string items_element(const pep_node& node, const pep_item& item, std::string_view text) {
  std::string content = "<items";
  xml::append_attribute(content, "node", node.name);
  content += '>';
  if (node.config.deliver_payloads) {
    content += text;
  } else {
    content += "<item";
    xml::append_attribute(content, "id", item.id);
    content += "/>";
  }
  return content += "</items>";
}

/// Since when it is there (XEP-0203).
std::string delay_of(std::string_view owner, std::int64_t milliseconds) {
  std::string text = "<delay xmlns='urn:xmpp:delay'";
  xml::append_attribute(text, "from", owner);
  xml::append_attribute(text, "stamp", base::to_date_time(milliseconds));
  return text += "/>";
}

/// One after another; the last ones of `due` first.
void send_due(core& c, pep_account& a, std::string to, std::vector<std::string> due, effects& out) {
  const pep_node* node = nullptr;
  while (!due.empty() && ((node = a.find(due.back())) == nullptr || node->items.empty())) due.pop_back();
  if (due.empty()) return;
  auto key = item_key(node->name, node->items.back().id);
  const auto then = [to = std::move(to), due = std::move(due)](core& at, pep_account& account, storage_answer&& answer,
                                                               effects& o) mutable {
    const auto* const n = account.find(due.back());
    if (!answer.entries.empty() && n != nullptr && !n->items.empty()) {
      const auto [number, text] = read_item_value(answer.entries[0].value);
      const auto message = event_message(account.owner, items_element(*n, n->items.back(), text));
      auto xml = base::take_text();
      append_with_to(xml, message, to);
      xml.insert(xml.rfind("</"), delay_of(account.owner, number));
      route_stanza(at, std::move(xml), o);
    }
    due.pop_back();
    send_due(at, account, to, due, o);
  };
  ask_in_turn(c, a, read_entries(entry_kind::pep_item, std::move(key)), then, out);
}

}  // namespace

void send_events(core& c, pep_account& a, std::vector<pep_event> events, effects& out) {
  bool all_private = true;
  for (const auto& e : events) {
    send_event(c, a.owner, a.owner, e.node, event_message(a.owner, e.content), out);
    all_private = all_private && e.access == access_model::whitelist;
  }
  if (all_private) return;
  const auto then = [events = std::move(events)](core& at, pep_account& account, const std::vector<std::string>& who,
                                                 effects& o) {
    for (const auto& e : events) {
      if (e.access == access_model::whitelist) continue;
      auto xml = event_message(account.owner, e.content);
      for (const auto& jid : who) {
        if (jid != account.owner) send_event(at, account.owner, jid, e.node, xml, o);
      }
      ignore(std::move(xml));
    }
  };
  when_subscribers_are_known(c, a, then, out);
}

void receive_event(core& c, std::string&& xml, effects& out) {
  const auto to_raw = xml::find_attribute(xml, "to");
  const auto from = value_of(xml::find_attribute(xml, "from")), to = value_of(to_raw);
  child_cursor event(xml);
  const auto* const owner = c.accounts.find(to);
  if (owner == nullptr || owner->second.session_count == 0 || is_cut(c, from, to) || !event.next()) return ignore(std::move(xml));
  child_cursor inside(event.whole());
  const auto node = inside.next() ? value_of(inside.attribute("node")) : std::string();
  // append_with_to() has put it there: " to='", the value, a quote.
  const auto begin = static_cast<std::size_t>(to_raw.data() - xml.data()) - 5;
  xml.erase(begin, to_raw.size() + 6);
  give_to_sessions(c, *owner, node, xml, out);
  ignore(std::move(xml));
}

void ask_for_last_items(core& c, const session& s, const std::vector<std::string>& nodes, effects& out) {
  ask_one(c, s, s.bare(), nodes, out);
  const auto* const known = contacts_of(*s.owner);
  if (known == nullptr) return;
  for (const auto& item : known->items()) {
    if (has_to(item.subscription().state)) ask_one(c, s, item.jid(), nodes, out);
  }
}

void ask_for_last_items_of(core& c, const account_table::entry& owner, std::string_view contact, effects& out) {
  c.sessions.each_of(owner, [&](const session& s) {
    const bool wants = s.available() && s.client != nullptr && s.client->known && !s.client->wants.empty();
    if (wants) ask_one(c, s, contact, s.client->wants, out);
  });
}

void receive_question(core& c, std::string&& xml, effects& out) {
  const auto to = value_of(xml::find_attribute(xml, "to"));
  const auto from = value_of(xml::find_attribute(xml, "from"));
  if (c.accounts.find(to) == nullptr || is_cut(c, to, from.substr(0, from.find('/')))) return ignore(std::move(xml));
  // Most accounts have nothing to tell.
  const auto* const known = c.pep.find(to);
  const bool own = from.starts_with(to + '/');
  if (known != nullptr && known->is_loaded && !known->running && !known->asking && due_nodes(*known, xml, own).empty()) {
    return ignore(std::move(xml));
  }
  with_pep(c, to, pep_task(pep_task::kind::question, std::move(xml)), out);
}

void send_last_items(core& c, pep_account& a, std::string_view question, effects& out) {
  auto from = value_of(xml::find_attribute(question, "from"));
  const auto bare = from.substr(0, from.find('/'));
  auto due = due_nodes(a, question, bare == a.owner);
  if (due.empty()) return;
  const auto then = [from, due = std::move(due)](core& at, pep_account& account, bool subscribed, effects& o) {
    if (subscribed) send_due(at, account, from, due, o);
  };
  when_standing_is_known(c, a, bare, then, out);
}

}  // namespace couplet::session

#include "bookmarks.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "base/jid.hpp"
#include "children.hpp"
#include "iq_answers.hpp"
#include "kept_xml.hpp"
#include "pep_change.hpp"
#include "pep_work.hpp"
#include "private_xml.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::session {
namespace {

using storage::entry_kind;

/// What both forms have.
struct conference {
  std::string name, nick, password;
  bool autojoin = false;
  std::string extensions;  ///< of XEP-0402, as bytes
  friend bool operator==(const conference&, const conference&) = default;
};
using conferences = std::map<std::string, conference>;  // by the room's JID

conference read_conference(const xml::element& e) {
  conference f;
  f.name = e.attribute("name").value_or("");
  f.nick = e.child("nick").text();
  f.password = e.child("password").text();
  const auto join = e.attribute("autojoin").value_or("");
  f.autojoin = join == "true" || join == "1";
  return f;
}

/// Of <storage/>. What names no room is left out.
conferences read_old(const xml::element& storage) {
  conferences found;
  for (auto e = storage.first_child(); e; e = e.next_sibling()) {
    const auto jid = e.is("conference", old_bookmarks) ? base::jid::parse(e.attribute("jid").value_or("")) : std::nullopt;
    if (jid && jid->full().size() <= most_pep_name_bytes) found.emplace(jid->full(), read_conference(e));
  }
  return found;
}

std::string extensions_in(std::string_view item) {
  child_cursor payload(item);
  if (!payload.next()) return {};
  for (child_cursor child(payload.whole()); child.next();) {
    if (child.local_name() == "extensions") return stand_alone(child.whole(), {payload.whole(), item});
  }
  return {};
}

conferences read_items(core& c, const storage_answer& answer) {
  conferences found;
  for (const auto& e : answer.entries) {
    const auto item = read_item_value(e.value).second;
    auto f = read_conference(c.document.parse(item, xml::ns::client).first_child());
    f.extensions = extensions_in(item);
    found.emplace(e.key.substr(e.key.find('\n') + 1), std::move(f));
  }
  return found;
}

void append_inside(std::string& out, const conference& f) {
  if (!f.name.empty()) xml::append_attribute(out, "name", f.name);
  if (f.autojoin) out += " autojoin='true'";
  out += '>';
  for (const auto& [name, value] : {std::pair("nick", &f.nick), std::pair("password", &f.password)}) {
    if (value->empty()) continue;
    out.append("<").append(name).append(">");
    xml::append_text(out, *value);
    out.append("</").append(name).append(">");
  }
}

std::string item_of(const std::string& jid, const conference& f) {
  std::string item = "<item";
  xml::append_attribute(item, "id", jid);
  item += "><conference xmlns='urn:xmpp:bookmarks:1'";
  append_inside(item, f);
  return item.append(f.extensions).append("</conference></item>");
}

/// As private XML has it; `kept`: what was stored there, of which everything but conferences is taken.
std::string old_form(const conferences& all, std::string_view kept) {
  std::string text = "<storage xmlns='storage:bookmarks'>";
  for (const auto& [jid, f] : all) {
    text += "<conference";
    xml::append_attribute(text, "jid", jid);
    append_inside(text, f);
    text += "</conference>";
  }
  for (child_cursor child(kept); !kept.empty() && child.next();) {
    if (child.local_name() != "conference") text += stand_alone(child.whole(), {kept});
  }
  return text += "</storage>";
}

pep_node private_node() {
  pep_node node;
  node.name = bookmarks_node;
  node.config.access = access_model::whitelist;
  node.config.sends_last = last_item::never;
  node.config.max_items = most_pep_items;
  return node;
}

/// The steps from what is there to what is wanted: unchanged ones are not told (XEP-0402 section 6.2).
void change_items(core& c, const pep_account& a, pep_change& change, const conferences& now, conferences&& wanted) {
  for (const auto& [jid, f] : now) {
    if (wanted.count(jid) == 0) remove_item(change, *node_of(a, change, bookmarks_node), jid, true);
  }
  for (auto& [jid, f] : wanted) {
    const auto old = now.find(jid);
    if (old != now.end()) f.extensions = old->second.extensions;
    if (old != now.end() && old->second == f) continue;
    add_item(a, change, *node_of(a, change, bookmarks_node), jid, item_of(jid, f), c.now());
  }
}

/// Whether the node is for bookmarks as private XML has them: nobody else's business.
bool is_private(const pep_node* node) noexcept {
  return node != nullptr && node->config.access == access_model::whitelist && node->config.persist_items;
}

read_entries all_items() {
  return {entry_kind::pep_item, item_key(bookmarks_node, {}), key_match::prefix};
}

void read_old_form(core& c, pep_account& a, pubsub_request&& r, effects& out) {
  const auto then = [tag = r.tag](core& at, pep_account& account, storage_answer&& kept, effects& o) {
    if (kept.outcome != storage_outcome::done) return refuse(at, tag, condition_of(kept.outcome), {}, o);
    auto text = kept.entries.empty() ? std::string() : kept.entries[0].value;
    const auto finish = [tag, text](core& last, pep_account&, storage_answer&& items, effects& effects_) {
      if (items.outcome != storage_outcome::done) return refuse(last, tag, condition_of(items.outcome), {}, effects_);
      const auto content = old_form(read_items(last, items), text);
      answer_result(last, "<query xmlns='jabber:iq:private'>" + content + "</query>", read_head(tag), effects_);
    };
    if (is_private(account.find(bookmarks_node))) return ask_in_turn(at, account, all_items(), finish, o);
    if (text.empty()) text = "<storage xmlns='storage:bookmarks'/>";
    answer_result(at, "<query xmlns='jabber:iq:private'>" + text + "</query>", read_head(tag), o);
  };
  ask_in_turn(c, a, read_entries(entry_kind::private_xml, std::string(old_bookmarks_key)), then, out);
}

void write_old_form(core& c, pep_account& a, pubsub_request&& r, const xml::element& query, effects& out) {
  const auto* const node = a.find(bookmarks_node);
  const bool as_items = node == nullptr || is_private(node);
  auto wanted = read_old(query.child("storage", old_bookmarks));
  pep_change change;
  change.steps = private_xml_steps(r.xml, query);
  if (change.steps.empty()) return refuse(c, r.tag, condition::not_acceptable, {}, out);
  if (!as_items) return make_pep_change(c, a, std::move(change), std::move(r.tag), {}, out);
  if (wanted.size() > most_pep_items) return refuse(c, r.tag, condition::resource_constraint, "max-items-exceeded", out);
  if (node == nullptr) put_node(change, private_node());
  const auto then = [tag = r.tag, change, wanted](core& at, pep_account& account, storage_answer&& items, effects& o) {
    if (items.outcome != storage_outcome::done) return refuse(at, tag, condition_of(items.outcome), {}, o);
    auto changed = change;
    change_items(at, account, changed, read_items(at, items), conferences(wanted));
    make_pep_change(at, account, std::move(changed), tag, {}, o);
  };
  ask_in_turn(c, a, all_items(), then, out);
}

/// What was stored before there was a node.
pep_change import_of(core& c, const pep_account& a, std::string_view old) {
  pep_change change;
  const auto found = read_old(c.document.parse(old, xml::ns::client));
  if (found.empty() || found.size() > most_pep_items) return change;
  put_node(change, private_node());
  for (const auto& [jid, f] : found) add_item(a, change, *node_of(a, change, bookmarks_node), jid, item_of(jid, f), c.now());
  change.events.clear();  // it is no news to anybody
  return change;
}

}  // namespace

bool has_bookmarks(const xml::element& query) {
  return static_cast<bool>(query.child("storage", old_bookmarks));
}

void answer_bookmarks(core& c, pep_account& a, pubsub_request&& r, stanza_type type, const xml::element& query, effects& out) {
  if (type == stanza_type::set) return write_old_form(c, a, std::move(r), query, out);
  read_old_form(c, a, std::move(r), out);
}

bool take_over_bookmarks(core& c, pep_account& a, pubsub_request& r, std::string_view node, effects& out) {
  if (!r.own || node != bookmarks_node || a.find(bookmarks_node) != nullptr) return false;
  const auto then = [r](core& at, pep_account& account, storage_answer&& kept, effects& o) {
    if (kept.outcome != storage_outcome::done) return refuse(at, r.tag, condition_of(kept.outcome), {}, o);
    pep_change change;
    if (!kept.entries.empty()) change = import_of(at, account, kept.entries[0].value);
    if (change.steps.empty() || !excess_of(account, change).empty()) return resume_request(at, account, pubsub_request(r), o);
    // Nothing is told, so what goes on may ask in turn.
    const auto go_on = [r, owner = account.owner](core& last, storage_outcome what, effects& effects_) {
      if (what != storage_outcome::done) return refuse(last, r.tag, condition_of(what), {}, effects_);
      if (auto* const found = last.pep.find(owner)) resume_request(last, *found, pubsub_request(r), effects_);
    };
    make_pep_change(at, account, std::move(change), go_on, o);
  };
  ask_in_turn(c, a, read_entries(entry_kind::private_xml, std::string(old_bookmarks_key)), then, out, r.xml.size());
  return true;
}

}  // namespace couplet::session

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "iq_answers.hpp"
#include "pep_work.hpp"
#include "pubsub_request.hpp"
#include "services.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

// What is read of an account's nodes (XEP-0060 sections 5 and 6.5), and by whom.

namespace couplet::session {
namespace {

using storage::entry_kind;

/// Of one answer: what a client's outbox holds without being too slow. The newest items go first where there is more; one always goes.
constexpr std::size_t items_page_bytes = 256U << 10U;

struct wanted_items {
  std::string node;
  std::vector<std::string> ids;  ///< empty: all
  std::size_t most = most_pep_items;
};

bool read_wish(const xml::element& e, wanted_items& w) {
  for (auto item = e.child("item"); item; item = item.next_sibling()) {
    const auto id = item.attribute("id").value_or("");
    if (!id.empty() && w.ids.size() < most_pep_items) w.ids.emplace_back(id);
  }
  const auto most = e.attribute("max_items");
  if (!most) return true;
  const auto parsed = std::from_chars(most->data(), most->data() + most->size(), w.most);
  return parsed.ec == std::errc() && parsed.ptr == most->data() + most->size();
}

/// The oldest first.
std::string items_in(const wanted_items& w, const storage_answer& answer) {
  std::map<std::int64_t, std::string_view> newest;
  std::size_t bytes = 0;
  for (const auto& e : answer.entries) {
    const auto id = std::string_view(e.key).substr(w.node.size() + 1);
    if (!w.ids.empty() && std::find(w.ids.begin(), w.ids.end(), id) == w.ids.end()) continue;
    newest.insert(read_item_value(e.value));
    bytes += e.value.size();
  }
  while (!newest.empty() && (newest.size() > w.most || (bytes > items_page_bytes && newest.size() > 1))) {
    bytes -= std::min(bytes, newest.begin()->second.size());
    newest.erase(newest.begin());
  }
  std::string content = "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items";
  xml::append_attribute(content, "node", w.node);
  content += '>';
  for (const auto& [number, item] : newest) content += item;
  return content += "</items></pubsub>";
}

void read_items(core& c, pep_account& a, pubsub_request&& r, wanted_items&& w, effects& out) {
  auto key = item_key(w.node, w.ids.size() == 1 ? std::string_view(w.ids[0]) : std::string_view());
  const auto match = w.ids.size() == 1 ? key_match::exact : key_match::prefix;
  const auto then = [tag = std::move(r.tag), w = std::move(w)](core& at, pep_account&, storage_answer&& answer, effects& o) {
    if (answer.outcome != storage_outcome::done) return refuse(at, tag, condition_of(answer.outcome), {}, o);
    answer_result(at, items_in(w, answer), read_head(tag), o);
  };
  ask_in_turn(c, a, read_entries(entry_kind::pep_item, std::move(key), match), then, out);
}

/// Asks whether somebody else may read the node, and refuses where he may not: who may see nothing learns nothing.
void when_readable(core& c, pep_account& a, pubsub_request&& r, const std::string& name,
                   std::function<void(core&, pep_account&, pubsub_request&&, effects&)> then, effects& out) {
  const auto* const node = a.find(name);
  if (node != nullptr && (r.own || node->config.access == access_model::open)) return then(c, a, std::move(r), out);
  const auto decide = [r, name, then = std::move(then)](core& at, pep_account& account, bool subscribed, effects& o) {
    const auto* const n = account.find(name);
    if (!subscribed) return refuse(at, r.tag, condition::not_authorized, "presence-subscription-required", o);
    if (n == nullptr) return refuse(at, r.tag, condition::item_not_found, {}, o);
    if (!r.own && n->config.access == access_model::whitelist) return refuse(at, r.tag, condition::not_allowed, "closed-node", o);
    then(at, account, pubsub_request(r), o);
  };
  when_standing_is_known(c, a, r.from, decide, out);
}

void append_item_names(std::string& out, const pep_account& a, const pep_node& node) {
  for (const auto& item : node.items) {
    out += "<item";
    xml::append_attribute(out, "jid", a.owner);
    xml::append_attribute(out, "name", item.id);
    out += "/>";
  }
}

void append_nodes(std::string& out, const pep_account& a, bool own) {
  for (const auto& node : a.nodes) {
    if (!own && node.config.access == access_model::whitelist) continue;
    out += "<item";
    xml::append_attribute(out, "jid", a.owner);
    xml::append_attribute(out, "node", node.name);
    out += "/>";
  }
}

std::string query_of(std::string_view uri, std::string_view node) {
  std::string content = "<query";
  xml::append_attribute(content, "xmlns", uri);
  if (!node.empty()) xml::append_attribute(content, "node", node);
  return content + '>';
}

}  // namespace

void answer_items(core& c, pep_account& a, pubsub_request&& r, const xml::element& e, effects& out) {
  wanted_items w;
  w.node = node_or_refuse(c, r, e, out);
  if (w.node.empty()) return;
  if (!read_wish(e, w)) return refuse(c, r.tag, condition::bad_request, {}, out);
  const auto name = w.node;
  const auto then = [w](core& at, pep_account& account, pubsub_request&& asks, effects& o) {
    // What is kept of it is nothing, not even the newest (section 6.5.9).
    if (!account.find(w.node)->config.persist_items) return refuse_unsupported(at, asks.tag, "persistent-items", o);
    read_items(at, account, std::move(asks), wanted_items(w), o);
  };
  when_readable(c, a, std::move(r), name, then, out);
}

void answer_node_items(core& c, pep_account& a, pubsub_request&& r, const xml::element& e, effects& out) {
  const std::string name(e.attribute("node").value_or(""));
  const auto then = [r, name](core& at, pep_account& account, bool subscribed, effects& o) {
    const auto* node = account.find(name);
    if (!name.empty() && !r.own && (!subscribed || node == nullptr || node->config.access == access_model::whitelist))
      node = nullptr;
    if (!subscribed) return answer_result(at, no_items, read_head(r.tag), o);
    if (!name.empty() && node == nullptr) return refuse(at, r.tag, condition::item_not_found, {}, o);
    std::string inside;
    node != nullptr ? append_item_names(inside, account, *node) : append_nodes(inside, account, r.own);
    if (name.empty() && inside.empty()) return answer_result(at, no_items, read_head(r.tag), o);
    answer_result(at, query_of(xml::ns::disco_items, name) + inside + "</query>", read_head(r.tag), o);
  };
  const auto from = r.from;
  when_standing_is_known(c, a, from, then, out);
}

void answer_node_info(core& c, pep_account& a, pubsub_request&& r, const xml::element& e, effects& out) {
  const std::string name(e.attribute("node").value_or(""));
  const auto then = [r, name](core& at, pep_account& account, bool subscribed, effects& o) {
    const auto* const node = account.find(name);
    if (!subscribed) return refuse(at, r.tag, condition::service_unavailable, {}, o);
    const bool hidden = node == nullptr || (!r.own && node->config.access == access_model::whitelist);
    if (hidden) return refuse(at, r.tag, condition::item_not_found, {}, o);
    auto content = query_of(xml::ns::disco_info, name);
    content += "<identity category='pubsub' type='leaf'/><feature var='http://jabber.org/protocol/pubsub'/></query>";
    answer_result(at, content, read_head(r.tag), o);
  };
  const auto from = r.from;
  when_standing_is_known(c, a, from, then, out);
}

}  // namespace couplet::session

#include "pep_change.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "iq_answers.hpp"
#include "pep_work.hpp"
#include "pubsub_form.hpp"
#include "pubsub_request.hpp"
#include "xml/writer.hpp"

namespace couplet::session {
namespace {

using storage::entry_kind;
using pep_verb = entry_change::verb;

/// In place of what the change says of it so far.
void set(pep_change& change, pep_node&& node) {
  std::erase_if(change.nodes, [&node](const pep_node& n) { return n.name == node.name; });
  change.nodes.push_back(std::move(node));
}

std::string opened(std::string_view name, std::string_view node) {
  std::string text = "<";
  text += name;
  xml::append_attribute(text, "node", node);
  return text;
}

void trim(pep_change& change, pep_node& node) {
  const std::size_t most = node.config.persist_items ? node.config.max_items : 0;
  while (node.items.size() > most) {
    change.steps.emplace_back(pep_verb::remove, entry_kind::pep_item, item_key(node.name, node.items.front().id));
    node.items.erase(node.items.begin());
  }
}

std::int64_t number_behind(const pep_account& a, const pep_change& change, std::int64_t now) {
  now = a.next_number(now);
  for (const auto& n : change.nodes) {
    if (!n.items.empty()) now = std::max(now, n.items.back().number + 1);
  }
  return now;
}

void apply(pep_account& a, pep_change& change) {
  for (const auto& name : change.removed) a.erase(name);
  for (auto& node : change.nodes) a.put(std::move(node));
}

}  // namespace

std::optional<pep_node> node_of(const pep_account& a, const pep_change& change, std::string_view name) {
  for (const auto& n : change.nodes) {
    if (n.name == name) return n;
  }
  const auto* const known = a.find(name);
  return known != nullptr ? std::optional<pep_node>(*known) : std::nullopt;
}

void add_item(const pep_account& a, pep_change& change, pep_node node, std::string_view id, std::string_view item,
              std::int64_t now) {
  auto content = opened("items", node.name) + '>';
  if (node.config.deliver_payloads) {
    content += item;
  } else {
    content += "<item";
    xml::append_attribute(content, "id", id);
    content += "/>";
  }
  change.events.emplace_back(node.name, node.config.access, content += "</items>");
  if (node.config.persist_items) {
    const auto number = number_behind(a, change, now);
    auto key = item_key(node.name, id);
    auto value = item_value(number, item);
    std::erase_if(node.items, [id](const pep_item& i) { return i.id == id; });
    node.items.emplace_back(std::string(id), number, key.size() + value.size());
    trim(change, node);
    change.steps.emplace_back(pep_verb::put, entry_kind::pep_item, std::move(key), std::move(value));
  }
  set(change, std::move(node));
}

void add_notice(pep_change& change, const pep_node& node) {
  change.events.emplace_back(node.name, node.config.access, opened("items", node.name) + "/>");
}

void remove_item(pep_change& change, pep_node node, std::string_view id, bool tells) {
  if (tells) {
    auto content = opened("items", node.name) + "><retract";
    xml::append_attribute(content, "id", id);
    change.events.emplace_back(node.name, node.config.access, content += "/></items>");
  }
  change.steps.emplace_back(pep_verb::remove, entry_kind::pep_item, item_key(node.name, id));
  std::erase_if(node.items, [id](const pep_item& i) { return i.id == id; });
  set(change, std::move(node));
}

void put_node(pep_change& change, pep_node node) {
  trim(change, node);
  change.steps.emplace_back(pep_verb::put, entry_kind::pep_node, node.name, config_text(node.config));
  set(change, std::move(node));
}

void remove_node(pep_change& change, const pep_node& node) {
  if (node.config.notify_delete) change.events.emplace_back(node.name, node.config.access, opened("delete", node.name) + "/>");
  change.steps.emplace_back(pep_verb::remove, entry_kind::pep_node, node.name);
  change.steps.emplace_back(pep_verb::remove_prefix, entry_kind::pep_item, item_key(node.name, {}));
  change.removed.push_back(node.name);
}

void remove_items(pep_change& change, pep_node node) {
  change.events.emplace_back(node.name, node.config.access, opened("purge", node.name) + "/>");
  change.steps.emplace_back(pep_verb::remove_prefix, entry_kind::pep_item, item_key(node.name, {}));
  node.items.clear();
  set(change, std::move(node));
}

std::string_view excess_of(const pep_account& a, const pep_change& change) {
  std::size_t nodes = a.nodes.size(), before = a.bytes(), bytes = 0;
  const auto sum = [](const pep_node& n, std::size_t& of) {
    for (const auto& i : n.items) of += i.bytes;
  };
  bytes = before;
  for (const auto& n : change.nodes) {
    const auto* const known = a.find(n.name);
    std::size_t was = 0, will = 0;
    if (known != nullptr) sum(*known, was);
    sum(n, will);
    bytes = bytes - was + will;
    nodes += known == nullptr ? 1 : 0;
  }
  if (nodes > most_pep_nodes && nodes > a.nodes.size()) return "max-nodes-exceeded";
  return bytes > most_pep_bytes && bytes > before ? "max-items-exceeded" : std::string_view();
}

void make_pep_change(core& c, pep_account& a, pep_change&& change,
                     std::function<void(core& c, storage_outcome what, effects& out)> then, effects& out) {
  if (change.steps.empty()) {
    apply(a, change);
    then(c, storage_outcome::done, out);
    return send_events(c, a, std::move(change.events), out);
  }
  auto steps = std::move(change.steps);
  std::size_t kept = 0;
  for (const auto& e : change.events) kept += e.content.size();
  const auto on_stored = [then = std::move(then), held = std::make_shared<pep_change>(std::move(change))](
                             core& at, pep_account& account, storage_answer&& answer, effects& o) {
    if (answer.outcome != storage_outcome::done) return then(at, answer.outcome, o);
    apply(account, *held);
    then(at, answer.outcome, o);
    send_events(at, account, std::move(held->events), o);
  };
  ask_in_turn(c, a, change_entries(std::move(steps)), on_stored, out, kept);
}

void make_pep_change(core& c, pep_account& a, pep_change&& change, std::string tag, std::string content, effects& out) {
  const auto excess = excess_of(a, change);
  if (!excess.empty()) return refuse(c, tag, condition::resource_constraint, excess, out);
  const auto then = [tag = std::move(tag), content = std::move(content)](core& at, storage_outcome what, effects& o) {
    if (what != storage_outcome::done) return refuse(at, tag, condition_of(what), {}, o);
    answer_result(at, content, read_head(tag), o);
  };
  make_pep_change(c, a, std::move(change), then, out);
}

}  // namespace couplet::session

#include "pep_nodes.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "pubsub_form.hpp"

namespace couplet::session {

using storage::entry_kind;

const pep_item* pep_node::find(std::string_view id) const noexcept {
  const auto found = std::find_if(items.begin(), items.end(), [id](const pep_item& i) { return i.id == id; });
  return found == items.end() ? nullptr : &*found;
}

const pep_node* pep_account::find(std::string_view node) const noexcept {
  const auto found = std::find_if(nodes.begin(), nodes.end(), [node](const pep_node& n) { return n.name == node; });
  return found == nodes.end() ? nullptr : &*found;
}

void pep_account::put(pep_node&& node) {
  for (auto& known : nodes) {
    if (known.name == node.name) return static_cast<void>(known = std::move(node));
  }
  nodes.push_back(std::move(node));
}

void pep_account::erase(std::string_view node) {
  std::erase_if(nodes, [node](const pep_node& n) { return n.name == node; });
}

std::size_t pep_account::bytes() const noexcept {
  std::size_t sum = 0;
  for (const auto& n : nodes) {
    for (const auto& i : n.items) sum += i.bytes;
  }
  return sum;
}

std::int64_t pep_account::next_number(std::int64_t now) const noexcept {
  for (const auto& n : nodes) {
    if (!n.items.empty()) now = std::max(now, n.items.back().number + 1);
  }
  return now;
}

pep_account* pep_table::find(std::string_view owner) noexcept {
  const auto found = accounts_.find(owner);
  return found == accounts_.end() ? nullptr : found->second.get();
}

pep_account& pep_table::make(std::string_view owner) {
  if (auto* const known = find(owner)) return *known;
  if (accounts_.size() >= most) make_room();
  auto& made = accounts_[std::string(owner)];
  made = std::make_unique<pep_account>(std::string(owner), ++last_number_);
  return *made;
}

void pep_table::erase(std::string_view owner) {
  const auto found = accounts_.find(owner);
  if (found == accounts_.end()) return;
  all_waiting_bytes -= found->second->waiting_bytes;
  accounts_.erase(found);
}

/// Half of those that have nothing to do: they are read again when they are needed.
void pep_table::make_room() {
  auto spare = most / 2;
  std::erase_if(accounts_, [&spare](const auto& e) {
    const auto& a = *e.second;
    if (spare == 0 || a.asking || a.running || !a.waiting.empty()) return false;
    --spare;
    return true;
  });
}

std::string item_key(std::string_view node, std::string_view id) {
  std::string key(node);
  return key.append(1, '\n').append(id);
}

std::string item_value(std::int64_t number, std::string_view item) {
  return (std::to_string(number) + ' ').append(item);
}

std::pair<std::int64_t, std::string_view> read_item_value(std::string_view value) noexcept {
  std::int64_t number = 0;
  std::from_chars(value.data(), value.data() + value.size(), number);
  return {number, value.substr(std::min(value.find(' '), value.size() - 1) + 1)};
}

void fill(pep_account& a, const storage_answer& answer) {
  for (const auto& e : answer.entries) {
    if (e.kind == entry_kind::pep_node) {
      pep_node n;
      n.name = e.key;
      n.config = read_config(e.value);
      a.nodes.push_back(std::move(n));
      continue;
    }
    const auto end = e.key.find('\n');
    const auto node = std::string_view(e.key).substr(0, end);
    const auto found = std::find_if(a.nodes.begin(), a.nodes.end(), [node](const pep_node& n) { return n.name == node; });
    if (e.kind != entry_kind::pep_item || end == std::string::npos || found == a.nodes.end()) continue;
    found->items.emplace_back(e.key.substr(end + 1), read_item_value(e.value).first, e.key.size() + e.value.size());
  }
  for (auto& n : a.nodes) {
    std::sort(n.items.begin(), n.items.end(), [](const pep_item& x, const pep_item& y) { return x.number < y.number; });
  }
}

}  // namespace couplet::session

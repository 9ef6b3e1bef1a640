#include "block_table.hpp"

#include <algorithm>

namespace couplet::session {
namespace {

bool has(const std::vector<std::string>& list, std::string_view jid) {
  return std::binary_search(list.begin(), list.end(), jid);
}

bool has(const std::vector<std::string>& list, std::string_view before, std::string_view resource) {
  return has(list, std::string(before) + '/' + std::string(resource));
}

}  // namespace

bool block_table::blocks(std::string_view owner, const stanza_address& who) const {
  const auto* const list = list_of(owner);
  if (list == nullptr) return false;
  if (has(*list, who.bare()) || has(*list, who.domain())) return true;
  return !who.is_bare() && (has(*list, who.bare(), who.resource()) || has(*list, who.domain(), who.resource()));
}

const std::vector<std::string>* block_table::list_of(std::string_view owner) const {
  const auto found = lists_.find(owner);
  return found == lists_.end() ? nullptr : &found->second;
}

void block_table::add(std::string_view owner, std::string_view jid) {
  auto found = lists_.find(owner);
  if (found == lists_.end()) found = lists_.try_emplace(std::string(owner)).first;
  auto& list = found->second;
  const auto at = std::lower_bound(list.begin(), list.end(), jid);
  if (at == list.end() || *at != jid) list.emplace(at, jid);
}

void block_table::remove(std::string_view owner, std::string_view jid) {
  const auto found = lists_.find(owner);
  if (found == lists_.end()) return;
  auto& list = found->second;
  const auto at = std::lower_bound(list.begin(), list.end(), jid);
  if (at != list.end() && *at == jid) list.erase(at);
  if (list.empty()) lists_.erase(found);
}

void block_table::forget(std::string_view owner) {
  const auto found = lists_.find(owner);
  if (found != lists_.end()) lists_.erase(found);
}

bool is_meant(std::string_view entry, const stanza_address& who) {
  if (entry == who.bare() || entry == who.domain()) return true;
  const auto slash = entry.find('/');
  if (slash == std::string_view::npos || who.is_bare() || entry.substr(slash + 1) != who.resource()) return false;
  const auto before = entry.substr(0, slash);
  return before == who.bare() || before == who.domain();
}

}  // namespace couplet::session

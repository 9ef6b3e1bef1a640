#include "component/waiting_room.hpp"

#include <algorithm>

namespace couplet::component {

waiting_room::lines::iterator waiting_room::line_of(std::string_view name) {
  const auto found = lines_.find(name);
  return found != lines_.end() ? found : lines_.emplace(std::string(name), line()).first;
}

void waiting_room::watch(lines::iterator of) {
  next_.emplace(of->second.stanzas.front().until, of->first);
}

void waiting_room::watch_no_more(lines::iterator of) {
  if (!of->second.stanzas.empty()) next_.erase({of->second.stanzas.front().until, of->first});
}

/// A name of its own costs about as much as a short stanza.
std::size_t waiting_room::cost_of(std::string_view name, std::string_view xml) noexcept {
  return xml.size() + name.size() + sizeof(stanza);
}

bool waiting_room::has_room(const receiver& whom, std::size_t cost) const {
  const auto share = shares_.find(whom.entry);
  const auto held = share == shares_.end() ? 0 : share->second;
  const auto own = lines_.find(whom.name);
  const auto returned = own == lines_.end() ? 0 : own->second.put_back;
  return held + returned + cost <= most_bytes_ - bytes_;
}

bool waiting_room::put(const receiver& whom, std::string_view xml, base::time_point until) {
  const auto cost = cost_of(whom.name, xml);
  if (!has_room(whom, cost)) return false;
  const auto of = line_of(whom.name);
  auto& l = of->second;
  // A line's stanzas count for the entry that its first one was for, should the configuration change meanwhile.
  if (l.cost == 0) l.share = shares_.emplace(std::string(whom.entry), 0).first;
  bytes_ += cost;
  l.cost += cost;
  l.share->second += cost;
  const bool is_first = l.stanzas.empty();
  if (!is_first) until = std::max(until, l.stanzas.back().until);
  l.stanzas.emplace_back(std::string(xml), until, cost, true);
  if (is_first) watch(of);
  return true;
}

void waiting_room::put_back(std::string_view name, std::vector<std::string>&& older, base::time_point until) {
  if (older.empty()) return;
  const auto of = line_of(name);
  auto& stanzas = of->second.stanzas;
  watch_no_more(of);
  if (!stanzas.empty()) until = std::min(until, stanzas.front().until);
  for (auto at = older.rbegin(); at != older.rend(); ++at) {
    const auto cost = cost_of(name, *at);
    of->second.put_back += cost;
    stanzas.emplace_front(std::move(*at), until, cost, false);
  }
  watch(of);
}

/// The first one of the line. The caller sees to what is watched.
std::string waiting_room::leave(line& l) {
  auto& first = l.stanzas.front();
  auto xml = std::move(first.xml);
  if (first.takes_room) {
    bytes_ -= first.cost;
    l.cost -= first.cost;
    l.share->second -= first.cost;
    if (l.share->second == 0) shares_.erase(l.share);
  } else {
    l.put_back -= first.cost;
  }
  l.stanzas.pop_front();
  return xml;
}

std::vector<std::string> waiting_room::take(std::string_view name) {
  std::vector<std::string> all;
  const auto found = lines_.find(name);
  if (found == lines_.end()) return all;
  watch_no_more(found);
  while (!found->second.stanzas.empty()) all.push_back(leave(found->second));
  lines_.erase(found);
  return all;
}

std::vector<std::string> waiting_room::take_due(base::time_point now) {
  std::vector<std::string> due;
  for (auto next = next_due(); next && *next <= now; next = next_due()) {
    const auto of = lines_.find(next_.begin()->second);
    next_.erase(next_.begin());
    due.push_back(leave(of->second));
    if (of->second.stanzas.empty()) {
      lines_.erase(of);
    } else {
      watch(of);
    }
  }
  return due;
}

std::optional<base::time_point> waiting_room::next_due() const {
  if (next_.empty()) return std::nullopt;
  ++looks_;
  return next_.begin()->first;
}

std::size_t waiting_room::bytes_for(std::string_view name) const {
  std::size_t sum = 0;
  const auto found = lines_.find(name);
  if (found == lines_.end()) return 0;
  for (const auto& s : found->second.stanzas) sum += s.xml.size();
  return sum;
}

std::vector<std::string> waiting_room::names() const {
  std::vector<std::string> all;
  for (const auto& [name, l] : lines_) all.push_back(name);
  return all;
}

}  // namespace couplet::component

#include "component/waiting_room.hpp"

#include <algorithm>
#include <utility>

namespace couplet::component {

waiting_room::line& waiting_room::line_of(std::string_view name) {
  auto found = lines_.find(name);
  if (found == lines_.end()) found = lines_.emplace(std::string(name), line()).first;
  return found->second;
}

bool waiting_room::put(std::string_view name, std::string_view xml, base::time_point until) {
  // A name of its own costs about as much as a short stanza.
  const auto cost = xml.size() + name.size() + sizeof(entry);
  if (bytes_ + cost > most_bytes_) return false;
  bytes_ += cost;
  auto& l = line_of(name);
  if (!l.empty()) until = std::max(until, l.back().until);
  l.emplace_back(std::string(xml), until, cost);
  return true;
}

void waiting_room::put_back(std::string_view name, std::vector<std::string>&& older, base::time_point until) {
  if (older.empty()) return;
  auto& l = line_of(name);
  if (!l.empty()) until = std::min(until, l.front().until);
  for (auto at = older.rbegin(); at != older.rend(); ++at) l.emplace_front(std::move(*at), until, 0);
}

std::string waiting_room::leave(entry& e) {
  bytes_ -= e.cost;
  return std::move(e.xml);
}

std::vector<std::string> waiting_room::take(std::string_view name) {
  std::vector<std::string> all;
  const auto found = lines_.find(name);
  if (found == lines_.end()) return all;
  for (auto& e : found->second) all.push_back(leave(e));
  lines_.erase(found);
  return all;
}

std::vector<std::string> waiting_room::take_due(base::time_point now) {
  std::vector<std::string> due;
  for (auto at = lines_.begin(); at != lines_.end();) {
    auto& l = at->second;
    while (!l.empty() && l.front().until <= now) {
      due.push_back(leave(l.front()));
      l.pop_front();
    }
    at = l.empty() ? lines_.erase(at) : std::next(at);
  }
  return due;
}

std::optional<base::time_point> waiting_room::next_due() const {
  std::optional<base::time_point> next;
  for (const auto& [name, l] : lines_) {
    if (!next || l.front().until < *next) next = l.front().until;
  }
  return next;
}

std::size_t waiting_room::bytes_for(std::string_view name) const {
  std::size_t sum = 0;
  const auto found = lines_.find(name);
  if (found == lines_.end()) return 0;
  for (const auto& e : found->second) sum += e.xml.size();
  return sum;
}

std::vector<std::string> waiting_room::names() const {
  std::vector<std::string> all;
  for (const auto& [name, l] : lines_) all.push_back(name);
  return all;
}

}  // namespace couplet::component

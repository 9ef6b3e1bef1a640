#include "caps_table.hpp"

#include <utility>

namespace couplet::session {
namespace {

std::size_t bytes_of(const capabilities& c) noexcept {
  std::size_t sum = sizeof c + 2 * c.key.size();
  for (const auto& node : c.wants) sum += sizeof node + node.size();
  return sum;
}

}  // namespace

std::shared_ptr<capabilities> caps_table::find(std::string_view key) const {
  const auto found = known_.find(key);
  return found == known_.end() ? nullptr : found->second;
}

std::shared_ptr<capabilities> caps_table::make(std::string key) {
  auto made = std::make_shared<capabilities>();
  made->key = std::move(key);
  if (known_.size() >= most || bytes_ + bytes_of(*made) > most_bytes) make_room();
  if (known_.size() < most && bytes_ + bytes_of(*made) <= most_bytes) {
    bytes_ += bytes_of(*made);
    known_.emplace(made->key, made);
  }
  return made;
}

void caps_table::keep(const capabilities& what) {
  // It was counted without what it wants.
  if (find(what.key).get() == &what) bytes_ += bytes_of(what) - (sizeof what + 2 * what.key.size());
}

void caps_table::forget(const capabilities& what) {
  const auto found = known_.find(what.key);
  if (found == known_.end() || found->second.get() != &what) return;
  const auto held = std::move(found->second);
  bytes_ -= bytes_of(*held);
  known_.erase(found);
}

/// Those of which no session speaks just now.
void caps_table::make_room() {
  std::erase_if(known_, [this](const auto& e) {
    if (e.second.use_count() != 1) return false;
    bytes_ -= bytes_of(*e.second);
    return true;
  });
}

std::uint64_t caps_table::add_question(question q) {
  questions_.emplace(++last_number_, std::move(q));
  return last_number_;
}

std::optional<caps_table::question> caps_table::take_question(std::uint64_t number, std::uint64_t session) {
  const auto found = questions_.find(number);
  if (found == questions_.end() || found->second.session != session) return std::nullopt;
  auto q = std::move(found->second);
  questions_.erase(found);
  return q;
}

std::optional<caps_table::question> caps_table::take_question_of(std::uint64_t session) {
  for (auto at = questions_.begin(); at != questions_.end(); ++at) {
    if (at->second.session == session) return take_question(at->first, session);
  }
  return std::nullopt;
}

std::optional<caps_table::question> caps_table::take_expired(std::int64_t now) {
  if (questions_.empty() || now - questions_.begin()->second.since < patience) return std::nullopt;
  return take_question(questions_.begin()->first, questions_.begin()->second.session);
}

}  // namespace couplet::session

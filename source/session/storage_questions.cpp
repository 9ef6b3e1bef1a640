#include "storage_questions.hpp"

#include <algorithm>
#include <utility>

#include "core.hpp"

namespace couplet::session {

std::optional<std::uint64_t> storage_questions::add(std::size_t bytes, storage_continuation& then) {
  // One that is larger than all may go where nothing else waits.
  const bool fits = waiting_.empty() || bytes_ + bytes <= most_bytes;
  if (waiting_.size() >= most || !fits) return std::nullopt;
  waiting_.try_emplace(++last_number_, bytes, std::move(then));
  bytes_ += bytes;
  return last_number_;
}

storage_continuation storage_questions::take(std::uint64_t number) {
  const auto found = waiting_.find(number);
  if (found == waiting_.end()) return nullptr;
  auto then = std::move(found->second.then);
  bytes_ -= found->second.bytes;
  waiting_.erase(found);
  return then;
}

bool storage_questions::waits_up_to(std::uint64_t number) const noexcept {
  return std::any_of(waiting_.begin(), waiting_.end(), [number](const auto& q) { return q.first <= number; });
}

void ask(core& c, std::string_view owner, storage_request::work what, storage_continuation then, effects& out, std::size_t kept) {
  storage_request r(owner, std::move(what));
  const auto number = c.questions.add(bytes_of(r) + kept, then);
  if (!number) return then(c, storage_answer(storage_outcome::full), out);
  r.number = *number;
  out.to_entries.push_back(std::move(r));
}

void ask(core& c, std::string_view owner, storage_request::work what, effects& out) {
  ask(
      c, owner, std::move(what), [](core&, storage_answer&&, effects&) {}, out);
}

void on_storage_answer(core& c, std::uint64_t number, storage_answer&& answer, effects& out) {
  if (const auto then = c.questions.take(number)) then(c, std::move(answer), out);
}

}  // namespace couplet::session

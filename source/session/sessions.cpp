#include "sessions.hpp"

#include <utility>

#include "base/random.hpp"
#include "base/text_pool.hpp"
#include "route/client_id.hpp"

namespace couplet::session {
// The sequence begins anywhere: an address that an earlier run of this program gave out names nobody in this one.
session_table::session_table(std::uint32_t partition)
    : partition_(partition), sequence_(static_cast<std::uint32_t>(base::random_u64())) {}

std::uint32_t session_table::next_sequence() noexcept {
  if (++sequence_ == 0) ++sequence_;
  return sequence_;
}

session& session_table::open(account_table::entry& owner, std::string_view resource, route::address c2s) {
  if (first_free_ == no_slot) {
    first_free_ = static_cast<std::uint32_t>(slots_.size());
    slots_.emplace_back().slot = first_free_;
  }
  session& s = slots_[first_free_];
  s.resource = resource;
  s.c2s = std::move(c2s);
  s.generation = next_sequence();
  s.owner = &owner;
  first_free_ = std::exchange(s.next, owner.second.first_session);
  owner.second.first_session = s.slot;
  ++owner.second.session_count;
  ++live_;
  return s;
}

session session_table::close(session& s) {
  auto* link = &s.owner->second.first_session;
  while (*link != s.slot) link = &slots_[*link].next;
  *link = s.next;
  --s.owner->second.session_count;
  --live_;
  const auto slot = s.slot;
  session closed = std::exchange(s, session());
  s.slot = slot;
  s.next = std::exchange(first_free_, slot);
  return closed;
}

session* session_table::find(std::uint64_t handle) noexcept {
  const auto id = route::client_id::unpack(handle);
  if (id.shard != partition_ || id.slot >= slots_.size()) return nullptr;
  session& s = slots_[id.slot];
  return s.owner != nullptr && s.generation == id.generation ? &s : nullptr;
}

session* session_table::find(const account_table::entry& owner, std::string_view resource) noexcept {
  for (auto slot = owner.second.first_session; slot != no_slot; slot = slots_[slot].next) {
    if (slots_[slot].resource == resource) return &slots_[slot];
  }
  return nullptr;
}

std::uint64_t session_table::handle_of(const session& s) const noexcept {
  return route::client_id{static_cast<std::uint8_t>(partition_), s.slot, s.generation}.packed();
}

route::address session_table::address_of(const session& s) const {
  route::address a(handle_of(s));
  if (!s.c2s.text.empty()) {
    a.text = base::take_short_text();
    a.text.append(s.bare()).append(1, '/');
    route::append_hex16(a.text, a.handle);
  }
  return a;
}

}  // namespace couplet::session

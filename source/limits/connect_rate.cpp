#include "limits/connect_rate.hpp"

#include <algorithm>
#include <bit>

#include "base/sip_hash.hpp"

namespace couplet::limits {

namespace {

/// An address may stand in any slot of its group.
constexpr std::size_t group_size = 8;

}  // namespace

connect_rate::connect_rate(options o, std::uint64_t seed, std::size_t slots)
    : options_(o), seed_(seed), slots_(o.connects == 0 ? 0 : std::bit_ceil(std::max(slots, group_size))) {}

bool connect_rate::is_free(const slot& s, base::time_point now) const noexcept {
  return s.count == 0 || now - s.window_start >= options_.window;
}

/// The address's own slot, or one that is free; nullptr: the whole group is taken by others.
connect_rate::slot* connect_rate::find(std::uint64_t hash, base::time_point now) noexcept {
  const auto tag = static_cast<std::uint32_t>(hash >> 32U);
  const auto groups = slots_.size() / group_size;
  slot* const group = slots_.data() + (static_cast<std::size_t>(hash) & (groups - 1)) * group_size;
  slot* free = nullptr;
  for (std::size_t i = 0; i < group_size; ++i) {
    slot& s = group[i];
    if (is_free(s, now)) {
      if (free == nullptr) free = &s;
    } else if (s.tag == tag) {
      return &s;
    }
  }
  if (free != nullptr) {
    free->window_start = now;
    free->count = 0;
    free->tag = tag;
  }
  return free;
}

connect_rate::slot* connect_rate::slot_of(std::string_view address, base::time_point now) noexcept {
  // 64 secret bits are plenty for a table of a few thousand counters; the other half of the key follows from them.
  return options_.connects == 0 ? nullptr : find(base::sip_hash({seed_, std::rotl(seed_, 32)}, address), now);
}

bool connect_rate::would_admit(std::string_view address, base::time_point now) noexcept {
  const slot* const s = slot_of(address, now);
  return s == nullptr || s->count < options_.connects;
}

bool connect_rate::admit(std::string_view address, base::time_point now) noexcept {
  slot* const s = slot_of(address, now);
  if (s == nullptr) return true;
  if (s->count >= options_.connects) return false;
  ++s->count;
  return true;
}

}  // namespace couplet::limits

#include "link/assignment.hpp"

#include <utility>

#include "base/sip_hash.hpp"
#include "route/client_id.hpp"

namespace couplet::link {

namespace {

/// The same in all processes, which have to agree.
constexpr base::sip_key of_names{0x636f75706c65742dULL, 0x736d2d7370726561ULL};

std::uint64_t hash_of(std::string_view name) noexcept {
  const auto hash = base::sip_hash(of_names, name);
  return hash != 0 ? hash : 1;
}

/// Of both, spread evenly (the finalizer of MurmurHash3).
constexpr std::uint64_t mixed(std::uint64_t user, std::uint64_t manager) noexcept {
  std::uint64_t h = user ^ (manager * 0x9e3779b97f4a7c15ULL);
  h = (h ^ (h >> 33U)) * 0xff51afd7ed558ccdULL;
  h = (h ^ (h >> 33U)) * 0xc4ceb9fe1a85ec53ULL;
  return h ^ (h >> 33U);
}

}  // namespace

assignment::assignment(const std::vector<std::string>& names) {
  for (const auto& name : names) managers_.push_back(hash_of(name));
}

void assignment::set_working(std::size_t manager, bool works) noexcept {
  const auto bit = std::uint32_t{1} << manager;
  working_ = works ? working_ | bit : working_ & ~bit;
}

std::size_t assignment::choose(std::uint64_t user_hash) const {
  if (const auto known = users_.find(user_hash); known != users_.end()) {
    return works(known->second.manager) ? known->second.manager : nobody;
  }
  std::size_t best = nobody;
  std::uint64_t highest = 0;
  for (std::size_t i = 0; i < managers_.size(); ++i) {
    if (!works(i)) continue;
    const auto score = mixed(user_hash, managers_[i]);
    if (best != nobody && score <= highest) continue;
    best = i;
    highest = score;
  }
  return best;
}

std::size_t assignment::of_user(std::string_view bare_jid) const {
  return choose(hash_of(bare_jid));
}

const assignment::seat* assignment::find(std::uint64_t client) const noexcept {
  const auto id = route::client_id::unpack(client);
  if (id.shard >= seats_.size() || id.slot >= seats_[id.shard].size()) return nullptr;
  const auto& s = seats_[id.shard][id.slot];
  return s.generation == id.generation ? &s : nullptr;
}

/// One that another client had is given up: that one is gone, and its end was not seen.
assignment::seat& assignment::seat_for(std::uint64_t client) {
  const auto id = route::client_id::unpack(client);
  if (id.shard >= seats_.size()) seats_.resize(id.shard + std::size_t{1});
  auto& row = seats_[id.shard];
  if (id.slot >= row.size()) row.resize(id.slot + std::size_t{1});
  auto& s = row[id.slot];
  release(s);
  s.generation = id.generation;
  return s;
}

void assignment::release(seat& s) noexcept {
  const auto hash = std::exchange(s.user, 0);
  if (hash == 0) return;
  const auto known = users_.find(hash);
  if (known != users_.end() && --known->second.sessions == 0) users_.erase(known);
}

std::size_t assignment::on_question(std::uint64_t client, std::string_view bare_jid) {
  const auto manager = of_user(bare_jid);
  if (manager != nobody) seat_for(client).manager = static_cast<std::uint8_t>(manager);
  return manager;
}

std::size_t assignment::on_session_start(std::uint64_t client, std::string_view bare_jid) {
  auto& s = seat_for(client);
  const auto hash = hash_of(bare_jid);
  const auto manager = choose(hash);
  s.manager = refused;
  if (manager == nobody) return nobody;
  s.manager = static_cast<std::uint8_t>(manager);
  auto& whose = users_[hash];
  whose.manager = manager;
  ++whose.sessions;
  s.user = hash;
  return manager;
}

std::size_t assignment::of_client(std::uint64_t client) const noexcept {
  const auto* const s = find(client);
  return s != nullptr && s->manager < managers_.size() ? s->manager : nobody;
}

void assignment::on_session_end(std::uint64_t client) noexcept {
  if (const auto* const s = find(client)) release(const_cast<seat&>(*s));
}

template <class Wanted>
std::vector<std::uint64_t> assignment::ids_where(Wanted&& wanted) const {
  std::vector<std::uint64_t> all;
  for (std::size_t shard = 0; shard < seats_.size(); ++shard) {
    for (std::size_t slot = 0; slot < seats_[shard].size(); ++slot) {
      const auto& s = seats_[shard][slot];
      if (s.generation == 0 || !wanted(s)) continue;
      all.push_back(route::client_id{static_cast<std::uint8_t>(shard), static_cast<std::uint32_t>(slot), s.generation}.packed());
    }
  }
  return all;
}

std::vector<std::uint64_t> assignment::clients_of(std::size_t manager) const {
  return ids_where([manager](const seat& s) { return s.manager == manager; });
}

std::vector<std::uint64_t> assignment::take_clients_of(std::size_t manager) {
  auto all = clients_of(manager);
  for (const auto id : all) seat_for(id).manager = nobody;
  return all;
}

std::vector<std::uint64_t> assignment::take_refused() {
  auto all = ids_where([](const seat& s) { return s.manager == refused; });
  for (const auto id : all) seat_for(id).manager = nobody;
  return all;
}

std::size_t assignment::sessions_at(std::size_t manager) const noexcept {
  std::size_t count = 0;
  for (const auto& row : seats_) {
    for (const auto& s : row) count += s.manager == manager && s.user != 0 ? 1U : 0U;
  }
  return count;
}

}  // namespace couplet::link

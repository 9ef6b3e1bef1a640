#include "absent_c2s.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "c2s_traffic.hpp"
#include "component/router.hpp"
#include "route/codec.hpp"

// A c2s whose connection breaks keeps its sessions for a while.

namespace couplet::component {

using base::close_reason;

namespace {

constexpr std::size_t most_lost_links = 256;

/// Whether somebody who ended so may come back for his link: the connection broke, on whatever side.
bool may_come_back(close_reason why) noexcept {
  return why == close_reason::connection_lost || why == close_reason::idle_timeout;
}

}  // namespace

/// The newest connection of a name has it: its c2s was started anew, and the old connection may be a dead one.
void router::claim(c2s_traffic& c) {
  const auto& name = c.peer().name();
  auto* const before = find(name);
  if (before == &c) return;
  if (before != nullptr) {
    before->peer().end(close_reason::replaced);
    leave(*before);  // also where it was over already: its sessions end before anything that the new one sends
  }
  give_up(name, "it was started anew");
  routes_[name] = &c;
}

/// Its connection has broken, and its life does not know yet: what it is sent is kept with the rest.
bool router::is_about_to_be_away(const c2s_traffic& c) const noexcept {
  return c.counts() && may_come_back(c.peer().reason()) && reading_;
}

bool router::keep_absent(c2s_traffic& c, net::outbox& left, close_reason why) {
  const auto& name = c.peer().name();
  if (!c.counts() || !may_come_back(why) || !reading_ || find(name) != &c) return false;
  routes_.erase(name);
  auto absent = std::make_unique<absent_c2s>(*this, name, c.take_link(), left);
  board_.own_shard().wheel().set(*absent, board_.own_shard().now() + options_.absence);
  base::log::warning("a c2s is away: its sessions wait",
                     {{"name", name}, {"seconds", static_cast<long long>(options_.absence.count())}});
  absent_[name] = std::move(absent);
  return true;
}

/// Of an absent c2s, or of one whose connection may be a dead one. Null: there is no such link.
const counted_link* router::find_link(std::string_view name, std::uint64_t link) const {
  const counted_link* found = nullptr;
  if (const auto away = absent_.find(name); away != absent_.end()) {
    found = &away->second->link();
  } else if (auto* const live = find(name)) {
    found = live->link();
  }
  return found != nullptr && found->id == link ? found : nullptr;
}

/// The same, taken from where it is.
std::unique_ptr<counted_link> router::take_up(c2s_traffic& c, std::uint64_t link, net::outbox& left) {
  const auto& name = c.peer().name();
  std::unique_ptr<counted_link> found;
  if (const auto away = absent_.find(name); away != absent_.end() && away->second->link().id == link) {
    found = away->second->take_link();
    left.take_over(away->second->waiting(), 0);
    absent_.erase(away);
  } else if (auto* const before = find(name); before != nullptr && before->counts() && before->link()->id == link) {
    found = before->take_link();
    before->peer().leave_outbox(left);
    routes_.erase(name);
    before->peer().abort(close_reason::replaced);
  }
  if (found) routes_[name] = &c;
  return found;
}

std::optional<std::uint64_t> router::handled_of(std::uint64_t lost_link) const {
  for (const auto& [link, handled] : lost_links_) {
    if (link == lost_link) return handled;
  }
  return std::nullopt;
}

/// What waits for it goes back, then its sessions end.
void router::give_up(std::string name, const char* why) {
  const auto away = absent_.find(name);
  if (away == absent_.end()) return;
  const auto gone = std::move(away->second);
  absent_.erase(away);
  const auto link = gone->take_link();
  lost_links_.emplace_back(link->id, link->receipts->taken());
  if (lost_links_.size() > most_lost_links) lost_links_.pop_front();
  base::log::warning("a c2s is given up: its sessions end",
                     {{"name", name}, {"why", why}, {"routes", static_cast<long long>(gone->waiting().kept())}});
  gone->waiting().for_each_kept_piece([this](std::string_view piece) { give_back(piece); });
  board_.to_all_managers(hub::c2s_gone(name));
}

void router::give_up_all(const char* why) {
  while (!absent_.empty()) give_up(absent_.begin()->first, why);
}

void router::give_back(std::string_view piece) {
  auto m = route::parse(piece, route::writer::manager);
  route::message answer;
  if (m && route::bounce(*m, answer)) board_.to_manager(std::move(answer));
}

/// What they mark may be dropped on any thread.
route::receipts* router::make_receipts() {
  const auto news = [](void* context) {
    auto* const r = static_cast<router*>(context);
    if (r->silent_) return;
    r->board_.own_shard().post([r] { r->tell_what_is_handled(); });
  };
  return route::receipts::make(news, this);
}

void router::tell_what_is_handled() {
  for (const auto& [name, c] : routes_) c->tell_what_is_handled();
}

}  // namespace couplet::component

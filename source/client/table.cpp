#include "client/table.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "base/log.hpp"
#include "base/random.hpp"
#include "connection.hpp"
#include "each.hpp"
#include "left_behind.hpp"
#include "returning.hpp"
#include "route/client_id.hpp"

namespace couplet::client {

using base::close_reason;

shared_state::shared_state(policy p, stream::client_settings s, plaintext_logins where)
    : limit(std::move(p)),
      settings(std::move(s)),
      plaintext(where),
      connections(limit.connections),
      unauthenticated(limit.unauthenticated_bytes),
      left_bytes(limit.left_bytes),
      left_clients(limit.left_clients),
      rate(limit.connects_per_address, base::random_u64()),
      registrations(limit.registrations_per_address, base::random_u64()) {}

counters& counters::operator+=(const counters& other) noexcept {
  accepted += other.accepted;
  logins += other.logins;
  unanswered += other.unanswered;
  notices += other.notices;
  unsaid += other.unsaid;
  ends += other.ends;
  return *this;
}

table::table(shared_state& shared, hub::switchboard& board, credentials::source* credentials)
    : shared_(shared),
      board_(board),
      shard_(board.own_shard()),
      credentials_(credentials),
      next_generation_(static_cast<std::uint32_t>(base::random_u64())),
      returning_(std::make_unique<returning>(*this)),
      left_behind_(std::make_unique<left_behind>(*this)) {
  board.attach(this);
}

table::~table() {
  left_behind_.reset();  // it counts to the end
}

void table::accept(int descriptor, const net::peer& who, entry how) {
  const bool proxied = is_proxy(who);
  if (proxied) how = how == entry::tls ? entry::proxied_tls : entry::proxied;
  if (!reading_) return refuse(descriptor, who, how, reason_to_stop());
  if (!proxied && !admits(who)) return refuse(descriptor, who, how, close_reason::too_many_connects);
  if (!shared_.connections.try_take(1)) return refuse(descriptor, who, how, close_reason::too_many_connections);
  const arrival a(who, how);
  shard_.spawn("client", connection::live(*this, descriptor, a, limits::share(shared_.connections, 1)));
}

bool table::is_proxy(const net::peer& who) const {
  const auto& proxies = shared_.limit.proxies;
  if (who.address == net::local_address) return shared_.limit.proxy_unix;
  return std::any_of(proxies.begin(), proxies.end(), [&](const base::ip_network& n) { return n.contains(who.address); });
}

/// Counts the connect.
bool table::admits(const net::peer& who) {
  // All who come through a Unix-domain socket would be one address. Where a proxy speaks there, they are those that it does not name.
  if (who.address == net::local_address && !shared_.limit.proxy_unix) return true;
  const std::lock_guard lock(shared_.rate_mutex);
  return shared_.rate.admit(who.rate_key(), shard_.now());
}

/// Says why, in one write that nobody waits for.
void table::refuse(int descriptor, const net::peer& who, entry how, close_reason why) {
  effects_.clear();
  // Where TLS or a proxy's header comes first there is no language yet to say it in.
  if (how == entry::any) {
    stream::client_stream machine(shared_.settings, 0, false);
    machine.end(why, effects_, other_host_);
  }
  (void)::send(descriptor, effects_.to_peer.data(), effects_.to_peer.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  ::shutdown(descriptor, SHUT_WR);
  ::close(descriptor);
  ++count_.accepted;
  count_.ends.add(why);
  const auto& row = base::describe(why);
  base::log::write(row.level, "client refused", {{"reason", row.name}, {"address", who.address}});
}

// ---- credentials ----------------------------------------------------------------------------------------------------

void table::ask(std::uint64_t id, sasl::question&& q) {
  shard_.spawn("credentials", asking(id, std::move(q)));
}

net::task<> table::asking(std::uint64_t id, sasl::question q) {
  const net::gate::pass inside(shard_.lives());
  sasl::answer a(sasl::answer::verdict::unavailable);  // unless somebody knows
  try {
    if (credentials_ != nullptr) a = co_await credentials_->ask(std::move(q));
  } catch (const std::exception& e) {
    base::log::error("a question about credentials failed", {{"what", e.what()}});
  }
  if (auto* c = find(id)) c->on_answer(std::move(a));
}

// ---- seats ----------------------------------------------------------------------------------------------------------

std::uint64_t table::sit(connection& c) {
  ++used_;
  return take_place(&c);
}

void table::leave(std::uint64_t id) noexcept {
  leave_place(id);
  --used_;
}

std::uint64_t table::take_place(connection* occupant) {
  std::uint32_t slot = 0;
  if (free_places_.empty()) {
    slot = static_cast<std::uint32_t>(places_.size());
    places_.emplace_back();
  } else {
    slot = free_places_.back();
    free_places_.pop_back();
  }
  if (++next_generation_ == 0) ++next_generation_;
  places_[slot] = {occupant, next_generation_};
  return route::client_id{shard_.index(), slot, next_generation_}.packed();
}

void table::leave_place(std::uint64_t id) noexcept {
  const auto slot = route::client_id::unpack(id).slot;
  places_[slot] = {};
  free_places_.push_back(slot);
}

connection* table::find(std::uint64_t id) const noexcept {
  const auto who = route::client_id::unpack(id);
  if (who.shard != shard_.index() || who.slot >= places_.size()) return nullptr;
  const auto& p = places_[who.slot];
  return p.generation == who.generation ? p.occupant : nullptr;
}

std::vector<std::uint64_t> table::ids() const {
  std::vector<std::uint64_t> all;
  for (std::size_t i = 0; i < places_.size(); ++i) {
    if (places_[i].occupant == nullptr) continue;
    all.push_back(route::client_id{shard_.index(), static_cast<std::uint32_t>(i), places_[i].generation}.packed());
  }
  return all;
}

// ---- from the house -------------------------------------------------------------------------------------------------

bool table::on_route(route::message& m) {
  auto* c = find(route::to_of(m).handle);
  if (c == nullptr || !c->is_open()) return left_behind_->on_route(m);
  try {
    c->on_route(std::move(m));
  } catch (const std::exception& e) {
    base::log::error("a client connection failed on a route", {{"what", e.what()}});
    c->abort(close_reason::internal_error);
  }
  return true;
}

void table::on_relief() {
  for_each([](connection& c) { c.on_relief(); });
}

void table::on_manager_state(bool up) {
  returning_->on_manager_state(up);
  left_behind_->on_manager_state(up);
}

bool table::on_manager_anew() {
  left_behind_->on_manager_anew();
  return returning_->on_manager_anew();
}

bool table::on_manager_resumed() {
  return returning_->on_manager_resumed();
}

void table::on_manager_away() {
  returning_->on_manager_away();
  left_behind_->on_manager_away();
}

void table::on_sessions_back() {
  returning_->on_sessions_back();
  left_behind_->look_for_names();
}

void table::look_for_names() {
  left_behind_->look_for_names();
}

void table::on_manager_state_of(const hub::client_ids& who, bool up) {
  returning_->on_manager_state_of(who, up);
  left_behind_->on_manager_state_of(who, up);
}

bool table::on_manager_anew_of(const hub::client_ids& who) {
  left_behind_->on_manager_anew_of(who);
  return returning_->on_manager_anew_of(who);
}

void table::on_manager_away_of(const hub::client_ids& who) {
  returning_->on_manager_away_of(who);
  left_behind_->on_manager_away_of(who);
}

void table::stop_reading() {
  reading_ = false;
}

close_reason table::reason_to_stop() const noexcept {
  return other_host_.empty() ? close_reason::shutdown : close_reason::moved;
}

void table::end_all(close_reason reason) {
  if (reason == close_reason::shutdown) reason = reason_to_stop();
  for_each([reason](connection& c) { c.end(reason); });
}

void table::abort_all(close_reason reason) {
  for_each([reason](connection& c) { c.abort(reason); });
  left_behind_->on_manager_state(false);  // what is not said by now is not said any more
}

}  // namespace couplet::client

#include "component/router.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include "absent_c2s.hpp"
#include "base/address_parts.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "c2s_traffic.hpp"
#include "component/names.hpp"
#include "component_traffic.hpp"
#include "components.hpp"
#include "connection.hpp"
#include "net/byte_stream.hpp"

namespace couplet::component {

using base::close_reason;

namespace {
/// Connections that have not proved themselves, those included that were refused and linger: c2s are few, so many of these
/// are an attack.
constexpr std::size_t max_unauthenticated = 64;
/// Of one address, or one /64 of IPv6, while there are too many of them.
constexpr std::size_t max_unauthenticated_of_one = 16;

/// Wrong secrets from one address, or one /64 of IPv6; further connections of it are refused until the time is over.
constexpr limits::connect_rate::options wrong_secrets_allowed{10, std::chrono::seconds(60)};

/// How long a peer's machine may leave unanswered what it was sent (RFC 5482): then it is gone, or cut off.
constexpr std::chrono::seconds longest_unanswered{60};
}  // namespace

router::router(options o, hub::exchange& whole, hub::switchboard& board)
    : options_(std::move(o)), whole_(whole), board_(board), wrong_secrets_(wrong_secrets_allowed, base::random_u64()) {
  find_secret_ = [this](std::string_view name) -> std::optional<std::string> {
    if (const auto c2s = options_.c2s.find(name); c2s != options_.c2s.end()) return c2s->second;
    if (!components_->is_configured(name)) return std::nullopt;
    return *find_secret(options_.components, name);
  };
  counts_ = [this](std::string_view name) {
    return options_.absence.count() != 0 && options_.c2s.find(name) != options_.c2s.end();
  };
  components_ = std::make_unique<components>(options_, board);
  board.attach(this);
}

router::~router() {
  fall_silent();
  routes_.clear();
  absent_.clear();
}

void router::set_secrets(secret_map c2s, secret_map components) {
  options_.c2s = std::move(c2s);
  options_.components = std::move(components);
}

/// Says why, in one write that nobody waits for.
void router::refuse(int descriptor, const net::peer& who, close_reason why, entry how) {
  stream::component_stream machine(find_secret_);
  stream::component_effects last;
  machine.end(why, last);
  // Before TLS there is no word for it.
  if (how == entry::plain) (void)::send(descriptor, last.to_peer.data(), last.to_peer.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  ::shutdown(descriptor, SHUT_WR);
  ::close(descriptor);
  ends_.add(why);
  base::log::warning("component refused", {{"reason", base::describe(why).name}, {"address", who.address}});
}

void router::accept(int descriptor, const net::peer& who, entry how) {
  if (!reading_) return refuse(descriptor, who, close_reason::shutdown, how);
  if (!who.loopback && !wrong_secrets_.would_admit(who.rate_key(), board_.own_shard().now())) {
    return refuse(descriptor, who, close_reason::too_many_connects, how);
  }
  net::limit_unanswered(descriptor, longest_unanswered);
  board_.own_shard().spawn("component", connection::live(*this, descriptor, who, how));
}

void router::note_wrong_secret(const net::peer& who) {
  wrong_secrets_.admit(who.rate_key(), board_.own_shard().now());
}

/// Where there are too many that have proved nothing, the one that waited longest makes way, of the newcomer's address where most are: a c2s
/// needs a few round trips for its handshake, so neither a crowd that only waits nor one that comes fast keeps it out.
void router::admit(connection& c) {
  all_.insert(&c);
  unproven_.push_back(c);
  if (++unproven_count_ <= max_unauthenticated) return;
  auto& oldest = pick_to_make_way(c.who());
  oldest.net::list_node<unproven_tag>::unlink();
  --unproven_count_;
  oldest.end(close_reason::too_many_connections);
  oldest.flush();
  oldest.abort(close_reason::too_many_connections);
}

connection& router::pick_to_make_way(const net::peer& newcomer) {
  const auto key = newcomer.rate_key();
  connection* oldest = nullptr;
  connection* oldest_of_the_same = nullptr;
  std::size_t of_the_same = 0;
  unproven_.for_each([&](connection& one) {
    if (oldest == nullptr) oldest = &one;
    if (one.who().rate_key() != key) return;
    if (++of_the_same == 1) oldest_of_the_same = &one;
  });
  return of_the_same > max_unauthenticated_of_one ? *oldest_of_the_same : *oldest;
}

void router::dismiss(connection& c) noexcept {
  all_.erase(&c);
  if (c.is_unproven()) --unproven_count_;
}

c2s_traffic* router::find(std::string_view domain) const {
  const auto found = routes_.find(domain);
  return found == routes_.end() ? nullptr : found->second;
}

bool router::is_taken(std::string_view name) const {
  return options_.c2s.find(name) == options_.c2s.end() && components_->is_taken(name);
}

void router::serve(connection& c) {
  if (c.is_unproven()) --unproven_count_;
  c.net::list_node<unproven_tag>::unlink();
  if (options_.c2s.find(c.name()) != options_.c2s.end()) return serve_c2s(c);
  auto traffic = std::make_unique<component_traffic>(*components_, c);
  auto& fresh = *traffic;
  c.begin(std::move(traffic));
  components_->serve(fresh);
}

/// The newest connection of a name has it: its c2s was started anew, and the old connection may be a dead one.
void router::serve_c2s(connection& c) {
  auto traffic = std::make_unique<c2s_traffic>(*this, c);
  auto& fresh = *traffic;
  c.begin(std::move(traffic));
  // Where there is a link that it may want to take up, the first thing that it says tells.
  auto* const before = find(c.name());
  const bool may_take_up = absent_.find(c.name()) != absent_.end() || (before != nullptr && before->counts());
  if (!may_take_up) claim(fresh);
}

/// Its sessions end before anything that a successor of that name may send: both go through the same queues.
void router::leave(c2s_traffic& c) {
  const auto& name = c.peer().name();
  const auto found = routes_.find(name);
  if (found == routes_.end() || found->second != &c) return;
  routes_.erase(found);
  board_.to_all_managers(hub::c2s_gone(name));
}

bool router::on_route(route::message& m) {
  const auto domain = base::domain_part(route::to_of(m).text);
  auto* c = find(domain);
  if (c == nullptr) {
    const auto away = absent_.find(domain);
    if (away == absent_.end()) return false;
    if (!away->second->send(std::move(m))) give_up(away->first, "too much waits for it");
    return true;
  }
  if (!c->peer().is_open() && !is_about_to_be_away(*c)) return false;
  try {
    c->send(std::move(m));
  } catch (const std::exception& e) {
    base::log::error("a component connection failed on a route", {{"what", e.what()}, {"name", c->peer().name()}});
    c->peer().abort(close_reason::internal_error);
  }
  return true;
}

void router::on_relief() {
  for (auto* c : all_) c->on_relief();
}

void router::say_table() const {
  for (const auto* c : all_) c->say_served();
  components_->say_who_is_missing();
  for (const auto& [name, secret] : options_.c2s) {
    if (find(name) != nullptr) continue;
    const auto away = absent_.find(name);
    const bool may_return = away != absent_.end();
    const auto waits = may_return ? away->second->waiting().kept_bytes() : 0;
    base::log::info("served domain", {{"name", name},
                                      {"kind", "c2s"},
                                      {"state", may_return ? "away" : "not connected"},
                                      {"waiting_bytes", static_cast<long long>(waits)}});
  }
}

/// Whoever waits for a component is told while he is still there.
void router::stop_reading() {
  reading_ = false;
  components_->stop_waiting();
}

void router::end_all(close_reason reason) {
  give_up_all("we stop");
  for (auto* c : all_) c->end(reason);
}

void router::abort_all(close_reason reason) {
  for (auto* c : all_) c->abort(reason);
}

}  // namespace couplet::component

#include "hub/switchboard.hpp"

#include "base/log.hpp"
#include "base/text_pool.hpp"
#include "route/client_id.hpp"

namespace couplet::hub {

namespace {
/// Made by the managers of a shard before it is taken on its way; a single message may go beyond.
constexpr std::size_t slice_bytes = 1024 * 1024;
}  // namespace

route::message c2s_gone(std::string domain) {
  return route::failure(route::address(std::move(domain)), route::address());
}

std::string_view gone_c2s(const route::message& m) noexcept {
  const auto* f = std::get_if<route::failure>(&m);
  if (f == nullptr || !f->to.empty() || f->from.text.find('@') != std::string::npos) return {};
  return f->from.text;
}

switchboard::switchboard(exchange& whole, net::shard& s, std::size_t manager_queue_bytes)
    : whole_(whole),
      shard_(s),
      manager_inbox_(s, manager_queue_bytes, whole.pressure_),
      client_inbox_(s, manager_queue_bytes, whole.deliveries_pressure_),
      remote_inbox_(s, manager_queue_bytes, whole.deliveries_pressure_),
      others_inbox_(s, manager_queue_bytes, whole.deliveries_pressure_) {
  s.set_drain([this] { return drain(); });
}

void switchboard::to_manager(route::message&& m) {
  to_manager_on(whole_.options_.placement(m, whole_.size()), std::move(m));
}

void switchboard::to_all_managers(const route::message& m) {
  for (std::uint32_t i = 0; i < whole_.size(); ++i) to_manager_on(i, route::message(m));
}

void switchboard::to_manager_on(std::uint32_t place, route::message&& m) {
  auto& board = whole_.on(place);
  const auto bytes = route::size_of(m);
  if (&board == this) {
    manager_inbox_.push(std::move(m), bytes);
  } else {
    board.manager_inbox_.push_from_anywhere(std::move(m), bytes);
  }
}

void switchboard::to_client(route::message&& m) {
  const auto& to = route::to_of(m);
  const auto bytes = route::size_of(m);
  if (!to.is_local()) {
    auto& board = whole_.on(whole_.options_.remote_shard);
    if (&board == this) {
      remote_inbox_.push(std::move(m), bytes);
    } else {
      board.remote_inbox_.push_from_anywhere(std::move(m), bytes);
    }
    return;
  }
  const auto place = route::client_id::unpack(to.handle).shard;
  if (place >= whole_.size()) return bounce(m);
  auto& board = whole_.on(place);
  if (&board == this) {
    client_inbox_.push(std::move(m), bytes);
  } else {
    board.client_inbox_.push_from_anywhere(std::move(m), bytes);
  }
}

void switchboard::to_others(std::string&& xml) {
  const auto bytes = sizeof xml + xml.size();
  auto& board = whole_.on(whole_.options_.remote_shard);
  if (&board == this) {
    others_inbox_.push(std::move(xml), bytes);
  } else {
    board.others_inbox_.push_from_anywhere(std::move(xml), bytes);
  }
}

net::pressure& switchboard::pressure() noexcept {
  return whole_.pressure_;
}

void switchboard::add_slow_storage() noexcept {
  whole_.add_slow_remote();
}

void switchboard::remove_slow_storage() {
  whole_.remove_slow_remote();
}

bool switchboard::manager_congested() const noexcept {
  const auto full = [this] { return whole_.pressure_.any() || whole_.deliveries_pressure_.any(); };
  if (!full()) return false;
  // Said first, then looked at again: a queue that was emptied in between would not wake us.
  whole_.somebody_waits_.store(true);
  return full();
}

bool switchboard::manager_may_go_on() const noexcept {
  return client_inbox_.bytes() + remote_inbox_.bytes() + others_inbox_.bytes() < slice_bytes &&
         !whole_.deliveries_pressure_.any();
}

void switchboard::empty_manager_queue() {
  while (manager_inbox_.drain([this](route::message&& m) { deliver_to_manager(std::move(m)); }) != 0) {
  }
}

/// What the managers of before have sent comes before the news of them.
void switchboard::empty_client_queue() {
  while (client_inbox_.drain([this](route::message&& m) { deliver_to_client(std::move(m)); }) != 0) {
  }
  whole_.relieve_if_due();
}

bool switchboard::drain() {
  const auto go_on = [this] { return manager_may_go_on(); };
  std::size_t drained = 0;
  drained += manager_inbox_.drain([this](route::message&& m) { deliver_to_manager(std::move(m)); }, go_on);
  for (const auto& other : more_drains_) drained += other() ? 1U : 0U;
  drained += remote_inbox_.drain([this](route::message&& m) { deliver_to_remote(std::move(m)); });
  drained += others_inbox_.drain([this](std::string&& xml) { deliver_to_others(std::move(xml)); });
  drained += client_inbox_.drain([this](route::message&& m) { deliver_to_client(std::move(m)); });
  if (drained != 0) whole_.relieve_if_due();
  if (drained != 0) return true;
  if (!whole_.deliveries_pressure_.any()) return false;
  // The managers' messages may have to wait. Said first, then looked at again, as above.
  whole_.drains_wait_.store(true);
  return !whole_.deliveries_pressure_.any();
}

namespace {
/// A stanza that a client did not take.
bool is_given_back(const route::message& m) noexcept {
  const auto* const f = std::get_if<route::failure>(&m);
  return f != nullptr && !f->xml.empty();
}
}  // namespace

void switchboard::deliver_to_manager(route::message&& m) {
  if (is_given_back(m) && whole_.sessions_awaited_.load() != 0 && keep_back(m)) return;
  give_to_manager(std::move(m));
}

bool switchboard::keep_back(route::message& m) {
  const auto most = whole_.options_.manager_queue_bytes;
  const auto bytes = route::size_of(m);
  if (!keeps_back_ || (most != 0 && kept_back_bytes_ + bytes > most)) return false;
  kept_back_.push_back(std::move(m));
  kept_back_bytes_ += bytes;
  return true;
}

/// Where sessions are waited for again, it is kept again.
void switchboard::let_go() {
  kept_back_bytes_ = 0;
  for (auto& m : std::exchange(kept_back_, {})) deliver_to_manager(std::move(m));
}

void switchboard::stop_keeping_back() {
  keeps_back_ = false;
  let_go();
}

void switchboard::give_to_manager(route::message&& m) {
  if (manager_ == nullptr) return bounce(m);
  try {
    manager_->on_route(std::move(m));
  } catch (const std::exception& e) {
    base::log::error("the session manager failed on a message", {{"what", e.what()}});
  }
}

void switchboard::deliver_to_client(route::message&& m) {
  if (clients_ == nullptr || !clients_->on_route(m)) bounce(m);
}

void switchboard::deliver_to_remote(route::message&& m) {
  if (remote_ == nullptr || !remote_->on_route(m)) bounce(m);
}

void switchboard::deliver_to_others(std::string&& xml) {
  if (others_ == nullptr) return base::give_text(std::move(xml));
  try {
    others_->on_stanza(std::move(xml));
  } catch (const std::exception& e) {
    base::log::error("a stanza to another domain was lost", {{"what", e.what()}});
  }
}

void switchboard::bounce(route::message& m) {
  ++bounced_;
  const auto* const kind = route::name_of(m);
  if (route::bounce_to(m, [this](route::message&& answer) { to_manager(std::move(answer)); })) {
    base::log::debug("bounced a route", {{"kind", kind}});
  }
}

exchange::exchange(std::vector<net::shard*> shards, options o) : options_(std::move(o)) {
  boards_.reserve(shards.size());
  for (auto* s : shards) boards_.push_back(std::make_unique<switchboard>(*this, *s, options_.manager_queue_bytes));
}

void exchange::set_manager_state(bool up) {
  tell_manager_state(up ? manager_state::up : manager_state::down);
}

void exchange::set_manager_away() {
  tell_manager_state(manager_state::away);
}

void exchange::set_manager_anew() {
  sessions_awaited_.fetch_add(boards_.size());
  tell_manager_state(manager_state::up_anew);
}

/// `what(switchboard&)` happens on each shard; then it has heard.
template <class Tell>
void exchange::tell(Tell what) {
  still_to_hear_.fetch_add(boards_.size());
  for (auto& board : boards_) {
    board->shard_.post([b = board.get(), what] {
      what(*b);
      b->whole_.heard();
    });
  }
}

void exchange::tell_manager_state(manager_state state) {
  tell([state](switchboard& b) {
    b.empty_client_queue();
    if (state == manager_state::away) return b.on_manager_away();
    b.on_manager_state(state != manager_state::down, state == manager_state::up_anew);
  });
}

void switchboard::on_manager_away() {
  manager_up_ = false;
  manager_away_ = true;
  if (clients_ != nullptr) clients_->on_manager_away();
}

void switchboard::on_manager_state(bool up, bool anew) {
  const bool asked = clients_ask_;
  manager_up_ = up;
  clients_ask_ = manager_away_ = anew || (up && asked);
  if (clients_ask_) {
    const bool all = clients_ == nullptr || (anew ? clients_->on_manager_anew() : clients_->on_manager_resumed());
    if (asked && anew) session_back();  // of the one before
    if (all) all_have_asked();
    return;
  }
  if (clients_ != nullptr) clients_->on_manager_state(up);
  if (asked) session_back();
}

void exchange::set_manager_state_of(client_ids who, bool up) {
  tell([ids = std::make_shared<const client_ids>(std::move(who)), up](switchboard& b) {
    b.empty_client_queue();
    if (b.clients_ != nullptr) b.clients_->on_manager_state_of(*ids, up);
  });
}

void exchange::set_manager_away_of(client_ids who) {
  tell([ids = std::make_shared<const client_ids>(std::move(who))](switchboard& b) {
    if (b.clients_ != nullptr) b.clients_->on_manager_away_of(*ids);
  });
}

void exchange::set_manager_anew_of(client_ids who) {
  sessions_awaited_.fetch_add(boards_.size());
  tell([ids = std::make_shared<const client_ids>(std::move(who))](switchboard& b) {
    b.empty_client_queue();
    if (b.clients_ == nullptr || b.clients_->on_manager_anew_of(*ids)) b.all_of_them_have_asked();
  });
}

void exchange::admit(bool newcomers) {
  tell([newcomers](switchboard& b) { b.manager_up_ = newcomers; });
}

void exchange::heard() noexcept {
  if (still_to_hear_.fetch_sub(1) != 1) return;
  for (auto& board : boards_) {
    board->shard_.post([b = board.get()] {
      if (b->manager_ != nullptr && b->whole_.have_all_heard()) b->manager_->on_all_heard();
    });
  }
}

void switchboard::session_awaited() noexcept {
  whole_.sessions_awaited_.fetch_add(1);
}

void switchboard::session_back() noexcept {
  whole_.session_back();
}

bool switchboard::sessions_are_awaited() const noexcept {
  return whole_.sessions_awaited_.load() != 0 || whole_.still_to_let_go_.load() != 0;
}

/// Who waits for its session is not read: so that comes before the news that the manager is up.
void switchboard::all_have_asked() {
  manager_away_ = clients_ask_ = false;
  if (clients_ != nullptr) clients_->on_manager_state(true);
  session_back();
}

void exchange::session_back() noexcept {
  // First this, so that nobody sees neither.
  still_to_let_go_.fetch_add(1);
  if (sessions_awaited_.fetch_sub(1) == 1) {
    still_to_let_go_.fetch_add(boards_.size());
    for (auto& board : boards_) {
      board->shard_.post([b = board.get()] {
        b->let_go();
        b->whole_.has_let_go();
      });
    }
  }
  has_let_go();
}

/// Where sessions are waited for again, it is announced when those are back.
void exchange::has_let_go() {
  if (still_to_let_go_.fetch_sub(1) != 1 || sessions_awaited_.load() != 0) return;
  for (auto& board : boards_) {
    board->shard_.post([b = board.get()] {
      if (b->clients_ != nullptr) b->clients_->on_sessions_back();
    });
  }
}

void switchboard::look_for_names() {
  if (sessions_are_awaited()) return;
  for (auto& board : whole_.boards_) {
    board->shard_.post([b = board.get()] {
      if (b->clients_ != nullptr) b->clients_->look_for_names();
    });
  }
}

void exchange::remove_congested_manager() {
  pressure_.remove();
  relieve_if_due();
}

void exchange::remove_slow_remote() {
  deliveries_pressure_.remove();
  relieve_if_due();
}

void exchange::relieve_if_due() {
  if (drains_wait_.load() && !deliveries_pressure_.any()) {
    drains_wait_.store(false);
    for (auto& board : boards_) board->shard_.request_turn_from_anywhere();
  }
  if (somebody_waits_.load() && !pressure_.any() && !deliveries_pressure_.any()) announce_relief();
}

void exchange::announce_relief() {
  somebody_waits_.store(false);
  for (auto& board : boards_) {
    board->shard_.post([b = board.get()] {
      if (b->clients_ != nullptr) b->clients_->on_relief();
      if (b->remote_ != nullptr) b->remote_->on_relief();
    });
  }
}

}  // namespace couplet::hub

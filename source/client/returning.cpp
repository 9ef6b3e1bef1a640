#include "returning.hpp"

#include <algorithm>
#include <utility>

#include "connection.hpp"
#include "each.hpp"

namespace couplet::client {

using base::close_reason;

namespace {

/// Sessions that are asked for at once of a manager that has lost them, on each shard: few, where it answers at once, and so many more as it is
/// farther away.
constexpr std::size_t fewest_awaited = 8;
constexpr std::size_t most_awaited = 256;
constexpr auto near_enough = std::chrono::milliseconds(1);

/// Clients that are told something in one step, and those that are looked at for it.
constexpr std::size_t told_at_once = 8;
constexpr std::size_t seen_at_once = 256;

constexpr base::duration shortest_pause = std::chrono::microseconds(100);

}  // namespace

returning::returning(table& t) : table_(t), board_(t.board_), shard_(t.shard_), most_awaited_(fewest_awaited) {}

/// As long as the step took.
void returning::pause_after(base::duration step, std::function<void()> next) {
  const base::duration longest = table_.shared_.limit.longest_pause;
  if (longest.count() == 0) return shard_.post(std::move(next));
  shard_.post_after(std::clamp(step, std::min(shortest_pause, longest), longest), std::move(next));
}

// ---- sessions that are asked for again ------------------------------------------------------------------------------

bool returning::on_manager_anew() {
  // Nobody has asked the new one anything yet.
  asking_ = false;
  table_.for_each([](connection& c) { c.on_manager_lost(); });
  sessions_back_.next = manager_back_.next = table_.places_.size();  // will come again, when these are back
  next_to_ask_ = 0;
  asking_ = true;
  note_asking();
  return ask_for_sessions();
}

/// What it was asked before the link broke it answers; what the link did not take then is asked again.
bool returning::on_manager_resumed() {
  tell_all(manager_back_, &connection::on_manager_back);
  return ask_for_sessions();
}

/// It may be another manager, somewhere else.
void returning::note_asking() {
  most_awaited_ = fewest_awaited;
  quickest_ = base::duration::max();
}

bool returning::ask_for_sessions() {
  asked_at_ = shard_.now();
  const auto& places = table_.places_;
  while (next_to_ask_ < places.size() && awaited_ < most_awaited_) {
    auto* const c = places[next_to_ask_++].occupant;
    if (c != nullptr) table::guarded(*c, [](connection& one) { one.on_manager_anew(); });
  }
  if (next_to_ask_ < places.size()) return false;
  asking_ = false;
  return true;
}

/// The same of those in to_ask_, from the last one on.
bool returning::ask_some() {
  asked_at_ = shard_.now();
  while (!to_ask_.empty() && awaited_ < most_awaited_) {
    auto* const c = table_.find(to_ask_.back());
    to_ask_.pop_back();
    if (c != nullptr) table::guarded(*c, [](connection& one) { one.ask_for_session(); });
  }
  return to_ask_.empty();
}

/// Half of them have an answer. How long that took at best tells how far away the manager is, the last time what it has to do.
void returning::ask_later() {
  if (!is_asking() || std::exchange(asks_later_, true)) return;
  const auto took = shard_.now() - asked_at_;
  quickest_ = std::min(quickest_, took);
  most_awaited_ = std::clamp(fewest_awaited * static_cast<std::size_t>(quickest_ / near_enough), fewest_awaited, most_awaited);
  pause_after(took, [this] { ask_on(); });
}

void returning::ask_on() {
  asks_later_ = false;
  if (asking_ && board_.manager_up() && ask_for_sessions()) board_.all_have_asked();
  if (asking_parts_ == 0 || !ask_some()) return;
  for (auto parts = std::exchange(asking_parts_, 0); parts != 0; --parts) board_.all_of_them_have_asked();
}

/// Those who are to be asked for already are once.
bool returning::on_manager_anew_of(const hub::client_ids& who) {
  table_.for_each_of(who, [this](connection& c) {
    c.on_manager_lost();
    if (c.mark_to_ask()) to_ask_.push_back(c.id());
  });
  if (!is_asking()) note_asking();
  if (asking_parts_ == 0 && ask_some()) return true;
  ++asking_parts_;
  return false;
}

void returning::session_awaited() {
  ++awaited_;
  board_.session_awaited();
}

void returning::session_settled() {
  --awaited_;
  board_.session_back();
  if (awaited_ <= most_awaited_ / 2) ask_later();
}

// ---- news -----------------------------------------------------------------------------------------------------------

void returning::on_manager_state(bool up) {
  if (up) return tell_all(manager_back_, &connection::on_manager_back);
  asking_ = false;
  table_.for_each([](connection& c) { c.end(close_reason::manager_unavailable); });
}

void returning::on_manager_state_of(const hub::client_ids& who, bool up) {
  table_.for_each_of(who, [up](connection& c) {
    c.set_manager_away(false);
    if (!up) return c.end(close_reason::manager_unavailable);
    (void)c.on_manager_back();
  });
}

void returning::on_manager_away() {
  manager_back_.next = table_.places_.size();  // nobody is asked anything now
}

void returning::on_manager_away_of(const hub::client_ids& who) {
  table_.for_each_of(who, [](connection& c) {
    c.set_manager_away(true);
    c.session_is_settled();
  });
}

void returning::on_sessions_back() {
  tell_all(sessions_back_, &connection::on_sessions_back);
}

/// From the beginning, also where it is under way.
void returning::tell_all(round& r, news what) {
  r.next = 0;
  if (!std::exchange(r.goes_on, true)) go_on(r, what);
}

void returning::go_on(round& r, news what) {
  const auto began = shard_.now();
  const auto& places = table_.places_;
  std::size_t told = 0;
  for (std::size_t seen = 0; seen < seen_at_once && told < told_at_once && r.next < places.size(); ++seen) {
    auto* const c = places[r.next++].occupant;
    if (c == nullptr) continue;
    table::guarded(*c, [what, &told](connection& one) { told += (one.*what)() ? 1U : 0U; });
  }
  r.goes_on = r.next < places.size();
  if (!r.goes_on) return;
  // What they have had to say since then is read in the next round of the loop, and sent on in the one behind it.
  shard_.post([this, &r, what, began] { shard_.post([this, &r, what, began] { rest(r, what, began); }); });
}

void returning::rest(round& r, news what, base::time_point began) {
  pause_after(shard_.now() - began, [this, &r, what] { go_on(r, what); });
}

}  // namespace couplet::client

// What a connection hears of the session manager: that it takes more again, is away, or is back with or without the session.

#include <utility>

#include "connection.hpp"
#include "returning.hpp"

namespace couplet::client {

void connection::on_relief() {
  if (!std::exchange(congested_, false)) return;
  last_input_ = table_.shard_.now();
  if (!paused()) wake();
}

bool connection::on_manager_back() {
  last_input_ = table_.shard_.now();
  if (is_open() && machine_.is_kept_session_due()) {
    if (machine_.was_turned_away()) on_manager_anew();
    set_phase_deadline();
    return true;
  }
  const bool is_said = !table_.board_.sessions_are_awaited() && on_sessions_back();  // it may have been when we could not hear it
  const bool goes_on = !paused();
  if (goes_on) wake();
  return is_said || goes_on;
}

void connection::on_manager_lost() {
  session_is_new_ = false;
  session_is_settled();
  if (!is_open()) return machine_.on_session_lost();  // it is being shown out
  on_questions_lost();
  if (!machine_.is_kept_session_due()) return;
  phase_deadline_ = {};  // until its turn comes
  set_next_deadline();
}

void connection::on_manager_anew() {
  if (!is_open() || session_is_new_) return;
  auto& fx = table_.effects_;
  fx.clear();
  if (!machine_.on_manager_anew(fx)) return;
  if (!std::exchange(session_awaited_, true)) table_.returning_->session_awaited();
  apply(fx);
  set_phase_deadline();  // also where an earlier manager was asked before
}

void connection::ask_for_session() {
  to_ask_ = false;
  on_manager_anew();
  if (!std::exchange(manager_away_, false)) return;
  last_input_ = table_.shard_.now();
  if (!paused()) wake();
}

void connection::on_questions_lost() {
  if (!machine_.holds_input()) return;
  auto& fx = table_.effects_;
  fx.clear();
  start_.reset();
  machine_.on_questions_lost(fx);
  apply(fx);
  take_up_held_input();
  if (!paused()) wake();
}

/// Not while the manager is away: what is said to a session of then could reach the next one, which knows nothing of it.
bool connection::on_sessions_back() {
  if (!is_open() || !machine_.holds_input() || is_manager_away()) return false;
  auto& fx = table_.effects_;
  fx.clear();
  machine_.on_sessions_back(fx);
  apply(fx);
  take_up_held_input();
  if (!paused()) wake();
  return true;
}

void connection::on_session_back(stream::effects& fx) {
  if (session_awaited_) return session_is_settled();
  // The link was away meanwhile, and is up again: those who wait for the others were counted without us.
  machine_.on_sessions_back(fx);
  for (auto& m : fx.to_manager) table_.board_.to_manager(std::move(m));
  fx.to_manager.clear();
}

namespace {

/// The full JID of the session that a message asks for; null: it asks for none.
const std::string* asked_session(const route::message& m) noexcept {
  if (const auto* const start = std::get_if<route::session_start>(&m)) return &start->to.text;
  const auto* const command = std::get_if<route::session_control>(&m);
  return command != nullptr && command->action == route::session_control::verb::start ? &command->target : nullptr;
}

}  // namespace

/// Whoever had this very name before, and has left, has something to be said still: that goes first. True: the message is kept.
bool connection::waits_for_one_that_left(route::message& m) {
  auto& names = table_.shared_.left_names;
  if (session_awaited_ || !names.any()) return false;
  const auto* const name = asked_session(m);
  if (name == nullptr) return false;
  const auto go_on = [&t = table_, id = seat_.id()] {
    t.shard_.post([&t, id] {
      if (auto* const c = t.find(id)) c->on_name_free();
    });
  };
  if (!names.wait_for(*name, go_on)) return false;
  start_ = std::make_unique<route::message>(std::move(m));
  return true;
}

void connection::on_name_free() {
  if (const auto start = std::exchange(start_, nullptr)) table_.board_.to_manager(std::move(*start));
}

void connection::session_is_settled() {
  if (std::exchange(session_awaited_, false)) table_.returning_->session_settled();
}

}  // namespace couplet::client

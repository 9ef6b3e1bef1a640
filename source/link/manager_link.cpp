#include "link/manager_link.hpp"

#include <unistd.h>

#include <algorithm>

#include "base/log.hpp"
#include "base/random.hpp"
#include "conversation.hpp"
#include "link/back_off.hpp"
#include "route/client_id.hpp"
#include "route/codec.hpp"

namespace couplet::link {

using base::close_reason;

namespace {
/// Clients wait for it with open connections.
constexpr std::chrono::milliseconds longest_pause_while_away{250};
}  // namespace

template <class Take>
void manager_link::conversation::for_each_unwritten(Take&& take) {
  out().for_each_unwritten_piece([&](std::string_view piece) {
    if (!piece.starts_with("<route")) return owner_.keep_notice(std::string(piece));
    auto m = route::parse(piece, route::writer::c2s);
    if (!m) return;
    auto& from = route::from_of(*m);
    const auto node = std::string_view(from.text).substr(0, from.text.find('@'));
    from.handle = route::parse_client_node(node, owner_.run_).value_or(0);
    if (from.handle != 0) take(*m, piece);
  });
}

manager_link::manager_link(options o, hub::exchange& whole, hub::switchboard& board, std::uint32_t run)
    : options_(std::move(o)),
      whole_(whole),
      board_(board),
      run_(run),
      dialer_(board.own_shard()),
      retry_(board.own_shard().get_executor()),
      grace_(*this) {
  board.attach(this);
}

manager_link::~manager_link() = default;

net::task<> manager_link::live(std::function<void(outcome, std::string)> first_outcome) {
  const net::gate::pass inside(board_.own_shard().lives());
  first_outcome_ = std::move(first_outcome);
  const auto peer = net::to_text(options_.where);
  while (!stopping_) {
    try {
      co_await attempt();
    } catch (const std::exception& e) {
      base::log::error("the link to the session manager failed", {{"manager", peer}, {"what", e.what()}});
    }
    if (!stopping_) co_await back_off();
  }
}

net::task<> manager_link::attempt() {
  net::endpoint where = options_.where;
  // A manager that answers nothing at all must not keep us for the minutes that the kernel tries.
  retry_.expires_after(options_.handshake_timeout);
  retry_.async_wait([this](const asio::error_code& in_time) {
    if (!in_time) dialer_.give_up();
  });
  auto dialed = co_await dialer_.dial(where);
  retry_.cancel();
  if (dialed && stopping_) {
    ::close(*dialed);
  } else if (dialed) {
    co_await converse(*dialed);
  } else if (!stopping_) {
    base::log::warning("no connection to the session manager", {{"manager", net::to_text(where)}, {"why", dialed.error_text()}});
    say_first(outcome::unreachable, dialed.error_text());
  }
}

net::task<> manager_link::converse(int descriptor) {
  conversation c(*this, descriptor);
  current_ = &c;
  was_up_ = false;
  co_await c.live();
  current_ = nullptr;
  if (was_up_ && options_.grace.count() != 0 && !stopping_) {
    c.leave_to([this](net::outbox& left) { begin_absence(left); });
    whole_.set_manager_congested(false);
  } else if (was_up_) {
    // What was not written is answered before the clients hear that the manager is gone.
    c.for_each_unwritten([this](route::message& m, std::string_view) { refuse(m); });
    whole_.set_manager_congested(false);
    if (!stopping_) whole_.set_manager_state(false);
  }
  // A link that comes up and is taken away again is no better than one that does not come up.
  if (was_up_ && board_.own_shard().now() - up_since_ >= longest_pause) failures_ = 0;
  on_ended(c.reason(), c.peer_condition());
}

net::task<> manager_link::live_on(int descriptor) {
  const net::gate::pass inside(board_.own_shard().lives());
  co_await converse(descriptor);
}

net::task<> manager_link::back_off() {
  auto pause = pause_after(failures_, base::random_u64());
  if (away_) pause = std::min(pause, longest_pause_while_away);
  retry_.expires_after(pause);
  ++failures_;
  co_await retry_.async_wait(net::as_result);
}

/// Resumed: the manager goes on where the last connection broke. Otherwise it knows nothing of what was before.
void manager_link::on_up(bool resumed) {
  was_up_ = true;
  up_since_ = board_.own_shard().now();
  base::log::info("linked to the session manager", {{"manager", net::to_text(options_.where)}, {"as", options_.name}});
  for (const auto& failure : owed_) current_->send_written(failure);
  owed_.clear();
  owed_bytes_ = 0;
  lost_ = 0;
  net::deadlines::clear(grace_);
  const bool was_away = std::exchange(away_, false);
  if (was_away && !resumed) {
    hand_back();
    whole_.set_manager_anew();
  } else {
    whole_.set_manager_state(true);
  }
  say_first(outcome::up, {});
}

void manager_link::on_ended(close_reason reason, const std::string& condition) {
  const auto peer = net::to_text(options_.where);
  if (stopping_) return;
  base::log::warning("the link to the session manager ended",
                     {{"manager", peer}, {"reason", base::describe(reason).name}, {"condition", condition}});
  if (condition == "conflict") {
    base::log::warning("another connection manager uses our name at the session manager (--sm-id)", {{"name", options_.name}});
    failures_ = std::max(failures_, failures_of_a_conflict);
  }
  const bool refused = reason == close_reason::not_authorized || condition == "host-unknown";
  say_first(refused ? outcome::refused : outcome::unreachable, condition.empty() ? "the connection ended" : condition);
}

void manager_link::say_first(outcome o, std::string why) {
  const auto say = std::exchange(first_outcome_, nullptr);
  if (say) say(o, std::move(why));
}

void manager_link::on_route(route::message&& m) {
  if (current_ != nullptr && current_->is_up()) {
    current_->send(std::move(m));
  } else if (away_ || (current_ != nullptr && was_up_ && options_.grace.count() != 0 && !stopping_)) {
    hold(std::move(m));
  } else {
    refuse(m);
  }
}

void manager_link::stop() {
  stopping_ = true;
  net::deadlines::clear(grace_);
  if (!owed_.empty()) {
    base::log::warning("the session manager never heard of the end of some sessions, or of what was to be told of them",
                       {{"routes", static_cast<long long>(owed_.size())}});
  }
  dialer_.give_up();
  retry_.cancel();
  if (current_ != nullptr) current_->end(close_reason::shutdown);
}

void manager_link::abort() {
  if (current_ != nullptr) current_->abort(close_reason::shutdown);
}

}  // namespace couplet::link

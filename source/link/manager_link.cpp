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

/// For a connection and a handshake, where another manager may have better news.
constexpr std::chrono::seconds longest_try_of_several{5};

/// A link that was up for so long is tried again before another manager is. One that was not may come and go for ever.
constexpr std::chrono::seconds lasting{5};
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

/// Where there is one link, the manager's state is the house's.
class manager_link::only_one final : public overseer {
 public:
  explicit only_one(hub::exchange& whole) noexcept : whole_(whole) {}
  void on_away(const manager_link&) override { whole_.set_manager_away(); }
  void on_up(const manager_link&, bool anew) override { anew ? whole_.set_manager_anew() : whole_.set_manager_state(true); }
  void on_down(const manager_link&) override { whole_.set_manager_state(false); }
  void on_congested(const manager_link&, bool congested) override {
    congested ? whole_.add_congested_manager() : whole_.remove_congested_manager();
  }

 private:
  hub::exchange& whole_;
};

manager_link::manager_link(options o, hub::exchange& whole, hub::switchboard& board, std::uint32_t run)
    : manager_link(std::move(o), whole, board, run, std::make_unique<only_one>(whole), nullptr) {
  board.attach(this);
}

manager_link::manager_link(options o, hub::exchange& whole, hub::switchboard& board, std::uint32_t run, overseer& over)
    : manager_link(std::move(o), whole, board, run, nullptr, &over) {}

manager_link::manager_link(options o, hub::exchange& whole, hub::switchboard& board, std::uint32_t run,
                           std::unique_ptr<overseer> own, overseer* over)
    : options_(std::move(o)),
      rotation_(options_.where.size()),
      whole_(whole),
      board_(board),
      own_overseer_(std::move(own)),
      over_(own_overseer_ ? *own_overseer_ : *over),
      run_(run),
      dialer_(board.own_shard()),
      retry_(board.own_shard().get_executor()),
      pause_(board.own_shard().get_executor()),
      heard_by_all_(board.own_shard().get_executor()),
      grace_(*this),
      givens_{&given_} {}

manager_link::~manager_link() = default;

net::task<> manager_link::live(std::function<void(outcome, std::string)> first_outcome) {
  const net::gate::pass inside(board_.own_shard().lives());
  first_outcome_ = std::move(first_outcome);
  while (!stopping_) {
    has_lasted_ = false;
    try {
      co_await attempt();
    } catch (const std::exception& e) {
      base::log::error("the link to the session manager failed", {{"manager", peer()}, {"what", e.what()}});
    }
    co_await leave_if_due();
    if (!stopping_ && !another_at_once()) co_await back_off();
    co_await until_all_have_heard();
  }
}

/// A shard that still believes in the last conversation sends to its sessions, and a manager that knows none of those would end their clients.
net::task<> manager_link::until_all_have_heard() {
  while (!stopping_ && !whole_.have_all_heard()) co_await heard_by_all_.wait();
}

/// Its own try is over, and brought nothing.
bool manager_link::is_to_leave() const {
  return away_ && !has_lasted_ && !stopping_ && over_.others_work();
}

net::task<> manager_link::leave_if_due() {
  if (is_to_leave()) co_await until_all_have_heard();
  if (is_to_leave()) leave();
}

bool manager_link::another_at_once() {
  if (has_lasted_) {
    rotation_.on_lost();
    return false;
  }
  if (rotation_.on_failed()) return true;
  if (!first_why_.empty()) say_first(first_failure_, std::move(first_why_));
  return false;
}

std::chrono::seconds manager_link::longest_try() const {
  const bool others = options_.where.size() != 1 || over_.others_work();
  return !others ? options_.handshake_timeout : std::min(options_.handshake_timeout, longest_try_of_several);
}

net::task<> manager_link::attempt() {
  net::endpoint where = options_.where[rotation_.current()];
  // A manager that answers nothing at all must not keep us for the minutes that the kernel tries.
  retry_.expires_after(longest_try());
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
    base::log::warning("no connection to the session manager", {{"manager", peer()}, {"why", dialed.error_text()}});
    note_failure(outcome::unreachable, dialed.error_text());
  }
}

net::task<> manager_link::converse(int descriptor) {
  net::limit_unanswered(descriptor, 2 * options_.keepalive);  // also where the manager answers nothing that we could count
  conversation c(*this, descriptor);
  current_ = &c;
  was_up_ = false;
  co_await c.live();
  current_ = nullptr;
  if (was_up_ && options_.grace.count() != 0 && !stopping_) {
    c.leave_to([this](net::outbox& left) { begin_absence(left); });
  } else if (was_up_) {
    // What was not written is answered before the clients hear that the manager is gone.
    c.for_each_unwritten([this](route::message& m, std::string_view) { refuse(m); });
    if (!stopping_) over_.on_down(*this);
  }
  set_congested(false);
  has_lasted_ = was_up_ && board_.own_shard().now() - up_since_ >= lasting;
  // A link that comes up and is taken away again is no better than one that does not come up.
  if (was_up_ && board_.own_shard().now() - up_since_ >= longest_pause) failures_ = 0;
  on_ended(c.reason(), c.peer_condition());
}

net::task<> manager_link::live_on(int descriptor) {
  const net::gate::pass inside(board_.own_shard().lives());
  co_await converse(descriptor);
  co_await leave_if_due();
}

net::task<> manager_link::back_off() {
  auto pause = pause_after(failures_, base::random_u64());
  if (away_ || over_.somebody_waits()) pause = std::min(pause, longest_pause_while_away);
  pause_.expires_after(pause);
  ++failures_;
  co_await pause_.async_wait(net::as_result);
}

bool manager_link::is_up() const noexcept {
  return current_ != nullptr && current_->is_up();
}

void manager_link::send_notice(std::string_view written) {
  current_->send_written(written);
}

void manager_link::set_congested(bool congested) {
  if (std::exchange(congested_, congested) == congested) return;
  over_.on_congested(*this, congested);
}

/// Resumed: the manager goes on where the last connection broke. Otherwise it knows nothing of what was before.
void manager_link::on_up(bool resumed) {
  was_up_ = true;
  up_since_ = board_.own_shard().now();
  base::log::info("linked to the session manager", {{"manager", peer()}, {"as", options_.name}});
  const auto before = std::exchange(last_up_, rotation_.current());
  if (before != last_up_ && before != nobody) {
    base::log::warning("the clients are with another session manager now",
                       {{"from", net::to_text(options_.where[before])}, {"to", peer()}});
  }
  for (const auto& failure : owed_) current_->send_written(failure);
  owed_.clear();
  owed_bytes_ = 0;
  lost_ = 0;
  net::deadlines::clear(grace_);
  if (away_ && !resumed) hold_what_waits();
  const bool was_away = std::exchange(away_, false);
  if (was_away && !resumed) {
    hand_back();
    over_.on_up(*this, true);
  } else {
    over_.on_up(*this, false);
  }
  say_first(outcome::up, {});
}

/// What clients sent to sessions of the past is none of this link's routes.
void manager_link::hold_what_waits() {
  const auto sent = sent_;
  board_.empty_manager_queue();
  sent_ = sent;
}

void manager_link::on_ended(close_reason reason, const std::string& condition) {
  if (stopping_) return;
  base::log::warning("the link to the session manager ended",
                     {{"manager", peer()}, {"reason", base::describe(reason).name}, {"condition", condition}});
  if (condition == "conflict") {
    base::log::warning("another connection manager uses our name at the session manager (--sm-id)", {{"name", options_.name}});
    failures_ = std::max(failures_, failures_of_a_conflict);
  }
  const bool refused = reason == close_reason::not_authorized || condition == "host-unknown";
  note_failure(refused ? outcome::refused : outcome::unreachable, condition.empty() ? "the connection ended" : condition);
}

/// Of several managers that fail at the start, one that refuses us says more than one that is not there.
void manager_link::note_failure(outcome o, const std::string& why) {
  if (first_outcome_ == nullptr || (!first_why_.empty() && o != outcome::refused)) return;
  first_failure_ = o;
  first_why_ = options_.where.size() == 1 ? why : peer() + ": " + why;
}

void manager_link::say_first(outcome o, std::string why) {
  const auto say = std::exchange(first_outcome_, nullptr);
  first_why_.clear();
  if (say) say(o, std::move(why));
}

void manager_link::on_route(route::message&& m) {
  if (is_up() && !away_) {
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
  pause_.cancel();
  heard_by_all_.ring();
  if (current_ != nullptr) current_->end(close_reason::shutdown);
}

void manager_link::say_table() const {
  for (std::size_t i = 0; i < options_.where.size(); ++i) {
    const bool used = i == rotation_.current();
    const std::string_view state = used && is_up() ? "has all clients"
                                   : used && away_ ? "away"
                                   : used          ? "not linked"
                                                   : "in reserve";
    base::log::info("session manager", {{"manager", net::to_text(options_.where[i])}, {"state", state}});
  }
}

void manager_link::abort() {
  if (current_ != nullptr) current_->abort(close_reason::shutdown);
}

}  // namespace couplet::link

#include "connection.hpp"

#include <utility>

#include "base/log.hpp"
#include "base/text_pool.hpp"
#include "left_behind.hpp"

namespace couplet::client {

using base::close_reason;

namespace {

/// What a TLS connection holds before its login, about: counted against the budget of those that have not logged in.
constexpr std::size_t tls_bytes = 8 * 1024;

}  // namespace

connection::connection(table& t, int descriptor, const arrival& a)
    : wire(t.shard_, descriptor),
      table_(t),
      seat_(t, *this),
      tokenizer_(t.workspaces_, t.shared_.limit.before_login),
      machine_(t.shared_.settings, seat_.id(), plaintext_may_pass(t.shared_, a.who)),
      address_(a.who.address),
      last_input_(t.shard_.now()),
      port_(a.who.port),
      loopback_(a.who.loopback) {
  ++t.count_.accepted;
  on_phase();
  if (a.how == entry::proxied || a.how == entry::proxied_tls) announced_ = std::make_unique<announced>(a);
  if (a.how == entry::tls) begin_tls(true);
  opening_ = a.how == entry::any || a.how == entry::proxied;
}

connection::~connection() {
  table_.shared_.unauthenticated.give_back(accounted_);
}

net::task<> connection::live(table& t, int descriptor, arrival a, limits::share place) {
  const limits::share in_all(std::move(place));
  const net::gate::pass inside(t.shard_.lives());
  connection c(t, descriptor, a);
  try {
    c.account_memory();
    while (!c.is_over()) {
      if (c.paused() || c.is_deaf()) {
        co_await c.resumed();
        continue;
      }
      const auto [failed] = co_await c.readable();
      if (c.paused()) continue;
      c.on_input(c.read(failed));
      c.account_memory();  // also of what is no stream yet: half a header of a proxy, half a handshake
      c.after_input();
    }
  } catch (const std::exception& e) {
    base::log::error("a client connection failed", {{"what", e.what()}, {"address", c.address_}});
    c.abort(close_reason::internal_error);
  }
  c.finish();
}

/// What was sent to it then would only pile up here: it stays with the client.
bool connection::is_manager_away() const noexcept {
  const auto& board = table_.board_;
  return manager_away_ || (board.manager_away() && !(board.manager_up() && session_is_new_));
}

bool connection::paused() const noexcept {
  return is_open() && ((is_manager_away() && machine_.current_phase() == stream::phase::open) || machine_.holds_input() ||
                       (!held_.empty() && !opening_) || congested_ || indebted_ || !table_.reading_);
}

// ---- effects --------------------------------------------------------------------------------------------------------

void connection::apply(stream::effects& fx) {
  out().append(fx.to_peer);
  if (!fx.stanza_to_peer.empty()) {
    out().append_piece(fx.stanza_to_peer);
    base::give_text(std::exchange(fx.stanza_to_peer, {}));
  }
  for (auto& m : fx.to_manager) {
    if (!waits_for_one_that_left(m)) table_.board_.to_manager(std::move(m));
  }
  fx.to_manager.clear();
  if (fx.question) {
    fx.question->client_address = address_;
    table_.ask(seat_.id(), std::move(*fx.question));
    fx.question.reset();
  }
  if (fx.unanswered) ++table_.count_.unanswered;
  if (fx.session_back) on_session_back(fx);
  if (fx.logged_in) on_logged_in();
  if (fx.restart_stream) tokenizer_.reset();
  if (fx.close != close_reason::none && is_open()) {
    std::string().swap(held_);
    tokenizer_.reset();  // gives back what it holds: a refused client lingers, and should cost nothing meanwhile
    close_gently(fx.close, peer_finished_);
    session_is_settled();
    // The session ends now: nothing should be sent to a client that is being shown out. Unless something is still to be
    // written to it: what the client does not take goes back first.
    if (!out().has_unwritten_piece()) give_up_session();
    return;
  }
  if (machine_.current_phase() != phase_) on_phase();
  if (out().empty()) return;
  const auto limit = table_.shared_.limit.outbox_bytes;
  if (limit != 0 && out().size() > limit) {
    flush();
    if (out().size() > limit) return abort(close_reason::slow_consumer);
  }
  flush_later();
}

void connection::on_logged_in() {
  if (machine_.current_phase() == stream::phase::open) notify(change::login);
  if (std::exchange(logged_in_, true)) return;
  ++table_.count_.logins;
  tokenizer_.set_limits(table_.shared_.limit.after_login);
  table_.shared_.unauthenticated.give_back(std::exchange(accounted_, 0));
  if (tls() == nullptr) return base::log::info("client logged in", {{"jid", machine_.who().full()}, {"address", address_}});
  const auto* const f = tls()->engine().known();
  base::log::info("client logged in", {{"jid", machine_.who().full()},
                                       {"address", address_},
                                       {"tls", f != nullptr ? f->version : std::string_view()},
                                       {"cipher", f != nullptr ? f->cipher : std::string_view()}});
  tls()->engine().forget_facts();
}

void connection::account_memory() {
  if (logged_in_ || !is_open()) return;
  const auto held =
      static_cast<std::uint32_t>(tokenizer_.held_bytes() + held_.size() + (announced_ ? announced_->header.held_bytes() : 0) +
                                 out().size() + (tls() != nullptr ? tls_bytes + tls()->engine().held_bytes() : 0));
  auto& budget = table_.shared_.unauthenticated;
  if (held > accounted_ && !budget.try_take(held - accounted_)) return end(close_reason::memory_budget);
  if (held < accounted_) budget.give_back(accounted_ - held);
  accounted_ = held;
}

// ---- deadlines ------------------------------------------------------------------------------------------------------

/// Each phase has its own deadline; another try after a wrong password gets no fresh one.
void connection::on_phase() {
  phase_ = machine_.current_phase();
  if (phase_ == stream::phase::open && stage_ != stream::phase::open) session_is_new_ = true;
  set_phase_deadline();
}

void connection::set_phase_deadline() {
  const auto& limit = table_.shared_.limit;
  std::chrono::seconds allowed{0};
  switch (phase_) {
    case stream::phase::header: allowed = limit.header_timeout; break;
    case stream::phase::login: allowed = limit.login_timeout; break;
    case stream::phase::manager: allowed = limit.manager_timeout; break;
    case stream::phase::bind: allowed = limit.bind_timeout; break;
    case stream::phase::open: allowed = limit.idle_timeout; break;
    case stream::phase::closed: return;
  }
  phase_deadline_ = allowed.count() == 0 ? base::time_point{} : table_.shard_.now() + allowed;
  if (phase_ != stream::phase::manager) {
    if (stage_ == phase_ && stage_deadline_ != base::time_point{}) {
      phase_deadline_ = stage_deadline_;
    } else {
      stage_ = phase_;
      stage_deadline_ = phase_deadline_;
    }
  }
  set_next_deadline();
}

void connection::set_next_deadline() {
  auto when = phase_deadline_;
  if (indebted_ && (when == base::time_point{} || bucket_.ready_at() < when)) when = bucket_.ready_at();
  set_deadline(when);
}

/// A session that is waited for: its manager is away, or was when it was to be asked.
bool connection::cannot_be_asked_for() const noexcept {
  const auto& board = table_.board_;
  return machine_.was_turned_away() || manager_away_ || (board.manager_away() && !board.manager_up());
}

void connection::on_time(base::time_point now) {
  if (handshaking_ && phase_deadline_ != base::time_point{} && phase_deadline_ <= now) return abort(close_reason::tls_timeout);
  if (announced_ && phase_deadline_ != base::time_point{} && phase_deadline_ <= now) return abort(close_reason::proxy_timeout);
  if (indebted_ && bucket_.ready_at() <= now) {
    indebted_ = false;
    last_input_ = now;  // we did not read; the client was not idle
    if (!paused()) wake();
  }
  const auto idle = table_.shared_.limit.idle_timeout;
  if (phase_ == stream::phase::open && idle.count() != 0) phase_deadline_ = (paused() ? now : last_input_) + idle;
  if (phase_deadline_ != base::time_point{} && machine_.is_kept_session_due() && cannot_be_asked_for())
    phase_deadline_ = now + table_.shared_.limit.manager_timeout;
  if (phase_deadline_ == base::time_point{} || phase_deadline_ > now) return set_next_deadline();
  auto& fx = table_.effects_;
  fx.clear();
  start_.reset();
  machine_.on_deadline(fx);
  apply(fx);
}

// ---- from the house -------------------------------------------------------------------------------------------------

void connection::on_route(route::message&& m) {
  auto& fx = table_.effects_;
  fx.clear();
  const bool held_input = machine_.holds_input();
  const bool was_paused = paused();
  machine_.on_route(std::move(m), fx);
  apply(fx);
  if (held_input) take_up_held_input();
  if (was_paused && !paused()) wake();
}

void connection::on_answer(sasl::answer&& a) {
  if (!is_open()) return;
  auto& fx = table_.effects_;
  fx.clear();
  const bool was_paused = paused();
  machine_.on_answer(std::move(a), fx);
  apply(fx);
  take_up_held_input();
  if (was_paused && !paused()) wake();
}

void connection::end(close_reason reason) {
  if (!is_open()) return;
  // In the middle of a proxy's header or of a handshake there is no language yet to say it in.
  if (announced_ || handshaking_) return abort(reason);
  auto& fx = table_.effects_;
  fx.clear();
  machine_.end(reason, fx, table_.other_host_);
  apply(fx);
}

// ---- the end --------------------------------------------------------------------------------------------------------

void connection::give_up_session() {
  if (std::exchange(session_given_up_, true)) return;
  session_is_settled();
  start_.reset();
  if (auto leaves = machine_.leaves()) table_.left_behind_->note(seat_.id(), std::move(*leaves));
  auto left = machine_.leaves_behind();
  stream::effects last;
  machine_.on_gone(last);
  for (auto& m : last.to_manager) table_.board_.to_manager(std::move(m));
  if (!left.empty()) table_.left_behind_->take(std::move(left));
  notify(change::logout);
}

/// Nothing vanishes: what the client did not take goes back first, then the session is given up.
void connection::finish() {
  out().for_each_unwritten_piece(
      [this](std::string_view piece) { table_.board_.to_manager(machine_.returned(std::string(piece))); });
  give_up_session();

  table_.count_.ends.add(reason());
  const auto& row = base::describe(reason());
  auto why = tls() != nullptr ? tls()->engine().failure() : std::string_view();
  if (announced_) why = announced_->header.fault();
  if (base::log::enabled(row.level) && !why.empty()) {
    base::log::write(row.level, "client gone",
                     {{"reason", row.name}, {"why", why}, {"jid", machine_.who().full()}, {"address", address_}});
  } else if (base::log::enabled(row.level)) {
    base::log::write(row.level, "client gone", {{"reason", row.name}, {"jid", machine_.who().full()}, {"address", address_}});
  }
}

}  // namespace couplet::client

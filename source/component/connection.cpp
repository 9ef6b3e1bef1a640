#include "connection.hpp"

#include <utility>

#include "base/log.hpp"

namespace couplet::component {

using base::close_reason;

namespace {

constexpr xml::tokenizer_limits before_handshake{8 * 1024, 8, 32, 8};
/// A c2s wraps what its clients may send, and those have their own, lower limits there.
constexpr xml::tokenizer_limits after_handshake{16 * 1024 * 1024, 256, 256, 0};

/// How long a c2s may stay behind what it is sent, while everybody waits for it. What was made in one turn may be more than the limit,
/// whoever reads at full speed: so it is time that counts.
constexpr auto slow_grace = std::chrono::seconds(10);

}  // namespace

connection::connection(router& r, int descriptor, const net::peer& who)
    : wire(r.board_.own_shard(), descriptor),
      router_(r),
      tokenizer_(workspaces_, before_handshake),
      machine_(r.find_secret_),
      address_(who.address) {
  machine_.offer_management_to(r.counts_);
  r.admit(*this);
  if (r.options_.handshake_timeout.count() != 0) set_deadline(own_shard().now() + r.options_.handshake_timeout);
}

connection::~connection() {
  router_.dismiss(*this);
}

net::task<> connection::live(router& r, int descriptor, net::peer who) {
  const net::gate::pass inside(r.board_.own_shard().lives());
  connection c(r, descriptor, who);
  try {
    while (!c.is_over()) {
      if (c.is_deaf() && c.traffic_ && c.traffic_->counts()) {
        // It did not say goodbye, and will want to know where it was.
        c.abort(close_reason::connection_lost);
        continue;
      }
      if (c.paused() || c.is_deaf()) {
        co_await c.resumed();
        continue;
      }
      const auto [failed] = co_await c.readable();
      if (c.paused()) continue;
      c.on_input(c.read(failed));
    }
  } catch (const std::exception& e) {
    base::log::error("a component connection failed", {{"what", e.what()}, {"name", c.name()}});
    c.abort(close_reason::internal_error);
  }
  c.finish();
}

bool connection::paused() const noexcept {
  return is_open() && (congested_ || takes_too_little_ || !router_.reading_);
}

void connection::on_input(std::string_view input) {
  while (is_open()) {
    effects_.clear();
    switch (tokenizer_.next(input)) {
      case xml::token::need_more: congested_ = router_.board_.manager_congested(); return;
      case xml::token::header: machine_.on_header(tokenizer_.header(), effects_); break;
      case xml::token::element:
        if (machine_.on_element(tokenizer_.element(), effects_) && traffic_) traffic_->on_element(tokenizer_, effects_);
        break;
      case xml::token::footer:
        peer_finished_ = true;
        machine_.on_footer(effects_);
        break;
      case xml::token::error: machine_.on_fault(tokenizer_.fault(), effects_); break;
    }
    apply();
  }
}

void connection::apply() {
  out().append(effects_.to_peer);
  effects_.to_peer.clear();
  if (effects_.authenticated) {
    set_deadline({});
    tokenizer_.set_limits(after_handshake);
    router_.serve(*this);
  }
  if (effects_.close != close_reason::none) {
    if (traffic_) traffic_->leave();
    catch_up();
    return close_gently(effects_.close, peer_finished_);
  }
  if (is_open()) look_at_queue();
  if (!out().empty()) flush_later();
}

void connection::catch_up() {
  if (!std::exchange(takes_too_little_, false)) return;
  set_deadline({});
  traffic_->on_slow(false);
}

/// Beyond the limit it has a while to catch up.
void connection::look_at_queue() {
  const auto limit = router_.options_.outbox_bytes;
  if (limit == 0 || out().size() <= limit - limit / 4 || takes_too_little_ || !traffic_) return;
  takes_too_little_ = true;
  traffic_->on_slow(true);
  set_deadline(own_shard().now() + slow_grace);
}

void connection::send_piece(std::string_view piece) {
  out().append_piece(piece);
  if (is_open()) look_at_queue();
  flush_later();
}

void connection::say(std::string_view bytes) {
  out().append(bytes);
  flush_later();
}

void connection::go_on(std::string_view said, net::outbox& left) {
  out().append(said);
  out().take_over(left, 0);
  flush_later();
}

void connection::on_flushed() {
  if (takes_too_little_ && out().size() <= router_.options_.outbox_bytes / 2) {
    catch_up();
    if (!paused()) wake();
  }
}

void connection::on_relief() {
  if (std::exchange(congested_, false) && !paused()) wake();
}

void connection::on_time(base::time_point) {
  if (takes_too_little_) return abort(close_reason::slow_consumer);
  end(close_reason::login_timeout);
}

void connection::end(close_reason reason) {
  if (!is_open()) return;
  effects_.clear();
  machine_.end(reason, effects_);
  if (effects_.close == close_reason::none) effects_.close = reason;
  apply();
}

/// What the peer did not take goes back, then it is declared gone.
void connection::finish() {
  catch_up();
  if (traffic_ && !traffic_->outlives(out(), reason())) {
    out().for_each_unwritten_piece([this](std::string_view piece) { traffic_->give_back(piece); });
    traffic_->on_gone();
  }
  router_.ends_.add(reason());
  const auto& row = base::describe(reason());
  base::log::write(row.level, "component gone", {{"reason", row.name}, {"name", name()}, {"address", address_}});
}

}  // namespace couplet::component

#include "link/manager_link.hpp"

#include <unistd.h>

#include <algorithm>

#include "base/log.hpp"
#include "base/random.hpp"
#include "conversation.hpp"
#include "link/back_off.hpp"
#include "route/client_id.hpp"
#include "route/codec.hpp"
#include "stream/errors.hpp"

namespace couplet::link {

using base::close_reason;

namespace {

/// The stanza that a client sent; null: it asked for a login or a session.
const std::string* stanza_in(const route::message& m) noexcept {
  if (const auto* s = std::get_if<route::stanza>(&m)) return &s->xml;
  if (const auto* s = std::get_if<route::controlled_stanza>(&m)) return &s->xml;
  return nullptr;
}

/// As if the manager had sent it.
route::message answer_to(route::message&& stanza, route::address client, std::string xml) {
  auto& session = route::to_of(stanza);
  auto* const s = std::get_if<route::controlled_stanza>(&stanza);
  if (s == nullptr) return route::stanza(std::move(session), std::move(client), std::move(xml));
  return route::controlled_stanza(std::move(session), std::move(client), std::move(s->c2s), std::move(s->sm), std::move(xml));
}

}  // namespace

template <class Take>
void manager_link::conversation::for_each_unwritten(Take&& take) {
  out().for_each_unwritten_piece([&](std::string_view piece) {
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
      retry_(board.own_shard().get_executor()) {
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
  if (was_up_) {
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
  retry_.expires_after(pause_after(failures_, base::random_u64()));
  ++failures_;
  co_await retry_.async_wait(net::as_result);
}

void manager_link::on_up() {
  was_up_ = true;
  up_since_ = board_.own_shard().now();
  base::log::info("linked to the session manager", {{"manager", net::to_text(options_.where)}, {"as", options_.name}});
  for (const auto& failure : owed_) current_->send_written(failure);
  owed_.clear();
  owed_bytes_ = 0;
  lost_ = 0;
  whole_.set_manager_state(true);
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
  } else {
    refuse(m);
  }
}

/// Nothing vanishes: a client that asked for something hears that it can't be had now.
void manager_link::refuse(route::message& m) {
  auto& from = route::from_of(m);
  if (!from.is_local()) return;
  const auto* const returned = std::get_if<route::failure>(&m);
  const auto* const command = std::get_if<route::session_control>(&m);
  if (returned != nullptr || (command != nullptr && command->action == route::session_control::verb::end)) {
    const bool holds_a_stanza = returned != nullptr && !returned->xml.empty();
    std::string written;
    append_from_us(written, m, run_, options_.name);
    return keep(std::move(written), holds_a_stanza);
  }
  const route::address client(from.handle);
  auto& to = route::to_of(m);
  const std::string* const xml = stanza_in(m);
  if (xml == nullptr) return board_.to_client(route::failure(std::move(to), client, std::string(route::failure_text::link_down)));
  if (!stream::is_owed_an_error(*xml)) return;
  std::string error;
  stream::append_stanza_error(error, *xml, "remote-server-timeout", "the session manager is not connected");
  board_.to_client(answer_to(std::move(m), client, std::move(error)));
}

/// Until there is a link again. The ends of sessions are small and few, one for each client, and are all kept.
void manager_link::keep(std::string failure, bool holds_a_stanza) {
  const auto most = options_.queue_bytes;
  if (holds_a_stanza && most != 0 && owed_bytes_ + failure.size() > most) {
    if (lost_++ == 0) {
      base::log::error("stanzas that clients did not take are lost: too many wait for the session manager",
                       {{"limit", static_cast<long long>(most)}});
    }
    return;
  }
  owed_bytes_ += failure.size();
  owed_.push_back(std::move(failure));
}

void manager_link::stop() {
  stopping_ = true;
  if (!owed_.empty()) {
    base::log::warning("the session manager never heard of the end of some sessions",
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

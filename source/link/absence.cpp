#include <algorithm>

#include "base/log.hpp"
#include "base/text_pool.hpp"
#include "conversation.hpp"
#include "route/client_id.hpp"
#include "route/codec.hpp"
#include "stream/errors.hpp"

// While there is no link: what becomes of what clients send, and of what was under way when it broke.

namespace couplet::link {

using verb = route::session_control::verb;

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

namespace {

/// What is sent again, maybe to one manager after the other, keeps the origin that it had the first time.
route::origin origin_of(const route::message& m, std::uint64_t link, std::uint64_t number) noexcept {
  route::origin o{link, number & (~std::uint64_t{0} >> 1U), 1};
  const auto* const carried = route::trace_of(m);
  if (carried != nullptr && carried->origin.is_known()) o = carried->origin;
  o.again = 1;
  return o;
}

}  // namespace

bool manager_link::is_request(const route::message& m) noexcept {
  const auto* const command = std::get_if<route::session_control>(&m);
  if (command != nullptr) return command->action != verb::end;
  return std::holds_alternative<route::auth>(m) || std::holds_alternative<route::session_start>(m);
}

bool manager_link::is_end(const route::message& m) noexcept {
  if (const auto* const f = std::get_if<route::failure>(&m)) return f->xml.empty();
  const auto* const command = std::get_if<route::session_control>(&m);
  return command != nullptr && command->action == verb::end;
}

/// Something that came of it has come here: it was handled.
bool manager_link::has_led_to_something(const route::origin& o) const noexcept {
  return o.is_known() && std::any_of(givens_.begin(), givens_.end(), [&o](const route::origins* given) { return given->has(o); });
}

/// `left`: what the last conversation had not written, or where the manager counts, what that had not handled.
void manager_link::begin_absence(net::outbox& left) {
  pending_.clear();
  if (link_ != 0) {
    pending_.take_over(left, 0);
  } else {
    left.for_each_unwritten_piece([this](std::string_view piece) { pending_.append_piece(piece); });
  }
  for (const auto& route : late_) pending_.append_piece(route);
  late_.clear();
  away_ = true;
  over_.on_away(*this);
  base::log::warning("the session manager is away: its clients wait", {{"manager", peer()},
                                                                       {"grace", static_cast<long long>(options_.grace.count())},
                                                                       {"routes", static_cast<long long>(pending_.kept())}});
  board_.own_shard().wheel().set(grace_, board_.own_shard().now() + options_.grace);
}

void manager_link::hold(route::message&& m) {
  const auto most = options_.queue_bytes;
  if (is_request(m) || (most != 0 && pending_.kept_bytes() + route::size_of(m) > most)) return refuse(m);
  std::string written;
  append_from_us(written, m, run_, options_.name);
  ++sent_;
  if (away_) {
    pending_.append_piece(written);
  } else {
    late_.push_back(std::move(written));
  }
}

/// The grace is over.
void manager_link::give_up_waiting() {
  away_ = false;
  auto number = acknowledged_;
  pending_.for_each_kept_piece([&](std::string_view piece) {
    ++number;
    auto m = route::parse(piece, route::writer::c2s);
    if (!m) return keep_notice(std::string(piece));
    if (has_led_to_something(origin_of(*m, link_, number))) return;
    auto& from = route::from_of(*m);
    from.handle = route::parse_client_node(std::string_view(from.text).substr(0, from.text.find('@')), run_).value_or(0);
    refuse(*m);
  });
  pending_.clear();
  link_ = 0;
  over_.on_down(*this);
}

/// Another manager takes its clients. Precondition: all shards know that it is away.
void manager_link::leave() {
  base::log::warning("the clients of a session manager go to others", {{"manager", peer()}});
  hold_what_waits();
  away_ = false;
  net::deadlines::clear(grace_);
  begin_counting(0);
  over_.on_leaving(*this);
  hand_back();
  over_.on_left(*this);
}

/// To a manager that knows nothing of it: the clients send it again, when they have their sessions.
void manager_link::hand_back() {
  auto number = acknowledged_before_;
  pending_.for_each_kept_piece([&](std::string_view piece) {
    ++number;
    auto m = route::parse(piece, route::writer::c2s);
    if (!m) return is_up() ? current_->send_written(piece) : over_.hand_on_notice(piece);
    const auto origin = origin_of(*m, link_before_, number);
    if (!has_led_to_something(origin)) hand_back(std::move(*m), origin);
  });
  pending_.clear();
  given_.begin_anew();
}

void manager_link::hand_back(route::message&& m, const route::origin& origin) {
  auto& from = route::from_of(m);
  from.handle = route::parse_client_node(std::string_view(from.text).substr(0, from.text.find('@')), run_).value_or(0);
  if (from.handle == 0) return;
  const route::address client(from.handle);
  std::string* xml = nullptr;
  if (auto* s = std::get_if<route::stanza>(&m)) xml = &s->xml;
  if (auto* s = std::get_if<route::controlled_stanza>(&m)) xml = &s->xml;
  if (xml != nullptr) return board_.to_client(route::held(client, std::move(*xml), origin));
  if (is_request(m)) return refuse(m);
  // Whoever has left may have to be shown to have: nothing but its end says so where it said nothing else.
  if (is_end(m)) board_.to_client(route::held(client, {}, origin));
  // Nothing to do with a session of now: what a client did not take, or its end.
  if (auto* const carried = route::trace_of(m)) carried->origin = origin;
  if (!is_end(m) && board_.keep_back(m)) return;
  if (is_up()) return current_->send(std::move(m));
  over_.hand_on(std::move(m));
}

/// A link whose routes are counted begins.
void manager_link::begin_counting(std::uint64_t link) {
  link_before_ = std::exchange(link_, link);
  link_at_ = rotation_.current();
  acknowledged_before_ = acknowledged_;
  sent_ = acknowledged_ = received_ = 0;
}

/// Nothing vanishes: a client that asked for something hears that it can't be had now.
void manager_link::refuse(route::message& m) {
  auto& from = route::from_of(m);
  if (!from.is_local()) return;
  if (std::holds_alternative<route::notice>(m)) {
    std::string written;
    append_from_us(written, m, run_, options_.name);
    return keep_notice(std::move(written));
  }
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

void manager_link::keep_notice(std::string written) {
  const auto most = options_.queue_bytes;
  if (most != 0 && owed_bytes_ + written.size() > most) return lose_notice();
  keep(std::move(written), false);
}

void manager_link::lose_notice() {
  if (lost_notices_++ != 0) return;
  base::log::warning("notices are lost: too much waits for the session manager",
                     {{"limit", static_cast<long long>(options_.queue_bytes)}});
}

}  // namespace couplet::link

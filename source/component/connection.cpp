#include "connection.hpp"

#include <utility>

#include "base/log.hpp"
#include "base/text_pool.hpp"
#include "route/codec.hpp"
#include "stream/errors.hpp"
#include "xml/first_tag.hpp"
#include "xml/names.hpp"
#include "xml/standalone.hpp"

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
        if (machine_.on_element(tokenizer_.element(), effects_)) on_traffic(tokenizer_.element());
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
    router_.leave(*this);
    catch_up();
    return close_gently(effects_.close, peer_finished_);
  }
  const auto limit = router_.options_.outbox_bytes;
  if (limit != 0 && out().size() > limit - limit / 4 && !takes_too_little_ && is_open()) {
    takes_too_little_ = true;
    router_.whole_.add_slow_remote();
    set_deadline(own_shard().now() + slow_grace);
  }
  if (!out().empty()) flush_later();
}

void connection::catch_up() {
  if (!std::exchange(takes_too_little_, false)) return;
  set_deadline({});
  router_.whole_.remove_slow_remote();
}

void connection::on_traffic(const xml::element_view& element) {
  if (element.name != "route" || element.namespace_uri != xml::ns::component) return answer_stray(element);
  auto parsed = route::parse(xml::standalone(tokenizer_, scratch_), route::writer::c2s);
  if (!parsed) {
    base::log::warning("a c2s sent a route that cannot be read", {{"name", name()}, {"why", parsed.error_text()}});
    route::append_refusal(effects_.to_peer, element.bytes, "The route cannot be read: " + parsed.error_text());
    return;
  }
  on_route(std::move(*parsed));
}

void connection::on_route(route::message&& m) {
  if (route::from_of(m).empty()) {
    // It could be for a session of another c2s. Nobody can be answered.
    base::log::warning("a c2s sent a route without from; ignored", {{"name", name()}, {"kind", route::name_of(m)}});
    return;
  }
  if (!machine_.may_speak_for(route::from_of(m).text, effects_)) return;
  router_.board_.to_manager(std::move(m));
}

/// A c2s routes for its clients and has no voice of its own: what would get an answer from a server gets an error.
void connection::answer_stray(const xml::element_view& element) {
  const bool iq = element.name == "iq";
  if (!iq && element.name != "message" && element.name != "presence") {
    machine_.end(close_reason::unsupported_stanza_type, effects_);
    return;
  }
  const auto type = xml::find_attribute(element.bytes, "type");
  const bool owed = iq ? (type == "get" || type == "set") : (element.name == "message" && type != "error");
  if (owed) stream::append_stanza_error(effects_.to_peer, element.bytes, "not-allowed", "a c2s may send routes only");
}

void connection::send(route::message&& m) {
  // The embedded manager names its sessions by text towards us; only their XML is of any size.
  scratch_.clear();
  route::append(scratch_, m);
  out().append_piece(scratch_);
  base::give_text(std::move(route::from_of(m).text));
  base::give_text(std::move(route::to_of(m).text));
  if (auto* s = std::get_if<route::stanza>(&m)) base::give_text(std::move(s->xml));
  if (auto* s = std::get_if<route::controlled_stanza>(&m)) {
    for (auto* text : {&s->c2s, &s->sm, &s->xml}) base::give_text(std::move(*text));
  }
  effects_.clear();
  apply();
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

/// What the c2s did not take goes back, then the manager hears that the c2s is gone.
void connection::finish() {
  catch_up();
  out().for_each_unwritten_piece([this](std::string_view piece) {
    auto m = route::parse(piece, route::writer::manager);
    route::message answer;
    if (m && route::bounce(*m, answer)) router_.board_.to_manager(std::move(answer));
  });
  router_.leave(*this);
  router_.ends_.add(reason());
  const auto& row = base::describe(reason());
  base::log::write(row.level, "component gone", {{"reason", row.name}, {"name", name()}, {"address", address_}});
}

}  // namespace couplet::component

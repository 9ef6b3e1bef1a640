#include "connection.hpp"

#include <utility>

#include "base/log.hpp"
#include "stanza_log.hpp"

namespace couplet::component {

using base::close_reason;

namespace {

constexpr xml::tokenizer_limits before_handshake{8 * 1024, 8, 32, 8};

/// How long a c2s may stay behind what it is sent, while everybody waits for it. What was made in one turn may be more than the limit,
/// whoever reads at full speed: so it is time that counts.
constexpr auto slow_grace = std::chrono::seconds(10);

}  // namespace

connection::connection(router& r, int descriptor, const net::peer& who, entry how)
    : wire(r.board_.own_shard(), descriptor),
      router_(r),
      tokenizer_(workspaces_, before_handshake),
      machine_(r.find_secret_),
      who_(who),
      id_(std::to_string(r.next_id_++)) {
  machine_.offer_management_to(r.counts_);
  r.admit(*this);
  if (r.options_.handshake_timeout.count() != 0) set_deadline(own_shard().now() + r.options_.handshake_timeout);
  if (how == entry::tls) start_tls(std::make_unique<tls::engine>(r.contexts_, false));
}

connection::~connection() {
  router_.dismiss(*this);
}

net::task<> connection::live(router& r, int descriptor, net::peer who, entry how) {
  const net::gate::pass inside(r.board_.own_shard().lives());
  connection c(r, descriptor, who, how);
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
      c.after_input();
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

void connection::begin(std::unique_ptr<traffic> t) {
  traffic_ = std::move(t);
  tokenizer_.set_limits(traffic_->limits());
  since_ = own_shard().now();
  if (tls() != nullptr) tls()->engine().forget_facts();
  set_next_deadline();
  base::log::info(traffic_->kind() == "c2s" ? "c2s connected" : "component connected",
                  {{"name", name()}, {"address", who_.address}});
}

void connection::on_input(std::string_view input) {
  count_.bytes_in += input.size();
  while (is_open()) {
    effects_.clear();
    switch (tokenizer_.next(input)) {
      case xml::token::need_more: congested_ = router_.board_.manager_congested(); return;
      case xml::token::header:
        machine_.on_header(tokenizer_.header(), effects_);
        if (is_proved_by_certificate()) machine_.prove();
        log_stanza("from a component", tokenizer_.header().bytes);
        break;
      case xml::token::element:
        log_stanza("from a component", tokenizer_.element().bytes);
        if (!machine_.on_element(tokenizer_.element(), effects_) || !traffic_) break;
        ++count_.stanzas_in;
        traffic_->on_element(tokenizer_, effects_);
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

/// The certificate that the peer has shown, or null.
const tls::client_identity* connection::shown() noexcept {
  const auto* const facts = tls() != nullptr ? tls()->engine().known() : nullptr;
  return facts != nullptr && facts->client.present ? &facts->client : nullptr;
}

/// For components alone: c2s have their secrets.
bool connection::is_proved_by_certificate() {
  const auto* const certificate = shown();
  if (certificate == nullptr || name().empty()) return false;
  return router_.options_.c2s.find(name()) == router_.options_.c2s.end() && certificate->speaks_for(name());
}

/// Where a certificate would have helped.
void connection::say_what_was_shown() {
  if (!router_.asks_for_certificates()) return;
  const auto* const certificate = shown();
  std::string_view what = "none";
  if (certificate != nullptr) what = certificate->verified ? "for others" : "not of --component-ca, or not valid today";
  base::log::warning("a component has neither the secret nor a certificate for its name",
                     {{"name", name()}, {"address", who_.address}, {"certificate", what}});
}

void connection::apply() {
  if (effects_.authenticated && router_.is_taken(name())) {
    effects_.clear();
    machine_.end(close_reason::name_taken, effects_);
  }
  if (!effects_.to_peer.empty()) log_stanza("to a component", effects_.to_peer);
  out().append(effects_.to_peer);
  effects_.to_peer.clear();
  if (effects_.authenticated) {
    router_.serve(*this);
  }
  if (effects_.close != close_reason::none) {
    if (effects_.close == close_reason::not_authorized) {
      if (!who_.loopback) router_.note_wrong_secret(who_);
      say_what_was_shown();
    }
    if (traffic_) traffic_->leave();
    catch_up();
    return close_gently(effects_.close, peer_finished_);
  }
  if (is_open()) look_at_queue();
  if (!out().empty()) flush_later();
}

void connection::catch_up() {
  if (!std::exchange(takes_too_little_, false)) return;
  set_next_deadline();
  traffic_->on_slow(false);
}

/// Beyond the limit it has a while to catch up.
void connection::look_at_queue() {
  const auto limit = router_.options_.outbox_bytes;
  if (limit == 0 || out().size() <= limit - limit / 4 || takes_too_little_ || !traffic_) return;
  takes_too_little_ = true;
  traffic_->on_slow(true);
  set_next_deadline();
}

/// After the handshake.
void connection::set_next_deadline() {
  const auto patience = takes_too_little_ ? slow_grace : traffic_->keepalive();
  set_deadline(patience.count() == 0 ? base::time_point{} : own_shard().now() + patience);
}

void connection::send_piece(std::string_view piece) {
  ++count_.stanzas_out;
  count_.bytes_out += piece.size();
  log_stanza("to a component", piece);
  out().append_piece(piece);
  if (is_open()) look_at_queue();
  flush_later();
}

void connection::say(std::string_view bytes) {
  out().append(bytes);
  flush_later();
}

/// A piece that has gone out in part counts as not given, like those of a connection that broke: it goes on whole, for only so it is neither
/// lost, when this peer takes nothing any more, nor out of its order. So it must not become whole here as well: nothing follows what is out already,
/// not even the goodbye, and for a peer a stanza whose end never comes is none. Of a TLS record that is half out we cannot tell what it
/// carries, nor take it back, so then the connection is closed; the rest of a record that is missing makes it unreadable.
void connection::hand_over(const std::function<void(std::string_view piece)>& take) {
  if (!out().has_unwritten_piece()) return;
  const auto waiting = out().front(out().size());
  const bool mid_record = tls() != nullptr && tls()->has_unsent();
  bool mid_piece = false;
  std::string others;
  auto at = waiting.data();
  out().for_each_unwritten_piece([&](std::string_view piece) {
    take(piece);
    if (piece.data() < at) mid_piece = true;
    if (piece.data() > at) others.append(at, piece.data());
    at = piece.data() + piece.size();
  });
  others.append(at, waiting.data() + waiting.size());
  out().clear();
  if (mid_record) return abort(effects_.close);
  if (!mid_piece) out().append(others);
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
  if (!traffic_) return end(close_reason::login_timeout);
  keep_alive();
  set_next_deadline();
}

/// White space between two stanzas (RFC 6120 section 4.6.1): where nobody takes it any more, the kernel says so after a while.
void connection::keep_alive() {
  if (std::exchange(out_before_, count_.stanzas_out) != count_.stanzas_out || !out().empty()) return;
  out().append(" ");
  flush_later();
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
  say(row.level, "component gone", row.name);
}

/// What c2s exchange holds the passwords of logins.
bool connection::is_logged() const {
  return router_.options_.logs_stanzas && !name().empty() && router_.options_.c2s.find(name()) == router_.options_.c2s.end();
}

void connection::log_stanza(const char* way, std::string_view xml) const {
  if (!is_logged()) return;
  std::string scratch;
  base::log::info(way, {{"name", name()}, {"connection", id_}, {"bytes", xml.size()}, {"xml", loggable(xml, scratch)}});
}

void connection::say_served() const {
  if (traffic_) say(base::log::level::info, "served domain", {});
}

void connection::say(base::log::level level, std::string_view text, std::string_view reason) const {
  if (!base::log::enabled(level)) return;
  const auto seconds = traffic_ ? std::chrono::duration_cast<std::chrono::seconds>(own_shard().now() - since_).count() : 0;
  base::log::write(level, text,
                   {{"name", name()},
                    {"kind", traffic_ ? traffic_->kind() : std::string_view("unproven")},
                    {"address", who_.address},
                    {reason.empty() ? "state" : "reason", reason.empty() ? "connected" : reason},
                    {"seconds", seconds},
                    {"stanzas_in", count_.stanzas_in},
                    {"bytes_in", count_.bytes_in},
                    {"stanzas_out", count_.stanzas_out},
                    {"bytes_out", count_.bytes_out},
                    {"queue_bytes", out().size()}});
}

}  // namespace couplet::component

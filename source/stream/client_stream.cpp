#include "stream/client_stream.hpp"

#include "base/random.hpp"
#include "header.hpp"
#include "kept_session.hpp"
#include "login.hpp"
#include "stream/errors.hpp"
#include "xml/names.hpp"

namespace couplet::stream {

using base::close_reason;

namespace {

constexpr std::string_view footer = "</stream:stream>";
constexpr std::string_view compression_namespace = "http://jabber.org/protocol/compress";

bool is_stanza_name(std::string_view name) noexcept {
  return name == "message" || name == "presence" || name == "iq";
}

}  // namespace

client_stream::client_stream(const client_settings& settings, std::uint64_t id, bool plaintext_login)
    : settings_(&settings), id_(id), plaintext_login_(plaintext_login) {
  // One for each connection; idle ones are counted by the hundred thousand.
  static_assert(sizeof(client_stream) <= 136);
}

client_stream::~client_stream() = default;

feature_state client_stream::state() const noexcept {
  unsigned bits = 0;
  if (version_1_) bits |= has::version_1;
  if (plaintext_login_ || secured_) bits |= has::passwords;
  if (may_offer(sasl::mechanism::plain)) bits |= has::plain;
  if (settings_->offer_registration) bits |= has::registration;
  if (!who_.empty()) bits |= has::login;
  if (phase_ == stream::phase::open) bits |= has::resource;
  if (settings_->offer_tls) bits |= has::tls;
  if (secured_) bits |= has::secured;
  if (settings_->max_bytes_after_login != 0 || settings_->idle_seconds != 0) bits |= has::limits;
  if (settings_->offer_rosters) bits |= has::rosters;
  if (!settings_->capabilities.empty()) bits |= has::capabilities;
  return static_cast<feature_state>(bits);
}

void client_stream::on_header(const xml::element_view& header, bool manager_up, effects& out) {
  if (phase_ == stream::phase::closed) return;
  const bool restart = phase_ == stream::phase::bind && !header_sent_;
  if (phase_ != stream::phase::header && !restart) return end(close_reason::protocol_violation, out);

  client_header h;
  auto reason = read_client_header(header, *settings_, h);
  version_1_ = h.version_1;
  if (reason != close_reason::none) return end(reason, out);
  // What was proved at one domain is worth nothing at another.
  if (restart && h.domain != domain_) return end(close_reason::host_changed, out);
  // After SASL only binding can follow, which streams without version do not have.
  if (restart && !version_1_) return end(close_reason::unsupported_version, out);
  domain_ = h.domain;
  language_ = h.language.empty() ? nullptr : std::make_unique<std::string>(std::move(h.language));
  if (!manager_up) return end(close_reason::manager_unavailable, out);

  begin_stream(h.reply_to, out);
  login_->has_from = h.has_from;
  login_->from = std::move(h.reply_to);
  phase_ = restart ? stream::phase::bind : stream::phase::login;
  if (version_1_) advertise(out);
}

void client_stream::advertise(effects& out) {
  offer what;
  const auto ways = who_.empty() ? mechanisms() : std::vector<sasl::mechanism>();
  what.mechanisms = ways;
  if (login_) what.bindings = &login_->tls.bindings;
  what.max_bytes = who_.empty() ? settings_->max_bytes_before_login : settings_->max_bytes_after_login;
  what.idle_seconds = settings_->idle_seconds;
  what.capabilities = settings_->capabilities;
  what.invited_only = !settings_->registration_token.empty();
  append_features(out.to_peer, state(), what);
}

void client_stream::begin_stream(const std::string& reply_to, effects& out) {
  auto id = base::random_hex(16);
  const std::string* from = domain_;
  if (from == nullptr && !settings_->domains.empty()) from = &settings_->domains.front();
  append_client_header(out.to_peer, id, from == nullptr ? std::string_view() : *from, reply_to, version_1_);
  header_sent_ = true;
  if (!login_) login_ = std::make_unique<login>();
  login_->stream_id = std::move(id);
}

void client_stream::on_element(const xml::element_view& element, const std::vector<xml::prefix_declaration>& header_prefixes,
                               bool manager_up, xml::fragment& scratch, effects& out, surroundings* around) {
  if (phase_ == stream::phase::closed) return;
  // Before a header there are no elements, and while the manager is asked the connection keeps them back.
  if (!header_sent_ || holds_input()) return end(close_reason::protocol_violation, out);

  event e{element, header_prefixes, manager_up, scratch, out, around};
  const auto ns = element.namespace_uri;
  if (ns == xml::ns::client && is_stanza_name(element.name)) {
    // The content namespace is the default one, and then stanzas have no prefix (RFC 6120 section 4.8.5).
    if (!element.prefix.empty()) return end(close_reason::bad_namespace_prefix, out);
    return phase_ == stream::phase::open ? on_stanza(e) : on_stanza_before_session(e);
  }
  if (ns == xml::ns::sasl || ns == xml::ns::sasl2) return on_sasl(e);
  if (ns == xml::ns::stream && element.name == "error") return finish(close_reason::stream_error_by_peer, out);
  if (ns == xml::ns::tls && element.name == "starttls") return on_starttls(e);
  if (ns == compression_namespace && element.name == "compress") {
    ((out.to_peer += "<failure xmlns='") += compression_namespace) += "'><unsupported-method/></failure>";
    return;
  }
  // A stanza of somebody else's content namespace would be taken for one of ours by whoever reads less carefully.
  if (ns == xml::ns::server || ns == xml::ns::component || is_stanza_name(element.name))
    return end(close_reason::invalid_namespace, out);
  end(close_reason::unsupported_stanza_type, out);
}

void client_stream::on_stanza_before_session(event& e) {
  if (e.element.name == "iq" && (phase_ == stream::phase::login ? on_login_iq(e) : on_bind_iq(e))) return;
  end(close_reason::not_authorized, e.out);  // RFC 6120 sections 4.9.3.12 and 7.1
}

void client_stream::on_footer(effects& out) {
  if (phase_ == stream::phase::closed) return;
  if (!header_sent_) begin_stream({}, out);
  finish(close_reason::closed_by_peer, out);
}

void client_stream::on_fault(xml::fault fault, effects& out) {
  end(reason_of(fault), out);
}

void client_stream::on_deadline(effects& out) {
  switch (phase_) {
    case stream::phase::header: return end(close_reason::header_timeout, out);
    case stream::phase::login: return end(close_reason::login_timeout, out);
    case stream::phase::manager: return end(close_reason::manager_timeout, out);
    case stream::phase::bind: return end(close_reason::bind_timeout, out);
    case stream::phase::open: return end(close_reason::idle_timeout, out);
    case stream::phase::closed: return;
  }
}

void client_stream::end(close_reason reason, effects& out, std::string_view elsewhere) {
  if (phase_ == stream::phase::closed) return;
  // RFC 6120 section 4.9.1.2: an error stands in a stream, so a header goes first where none went yet.
  if (!header_sent_) begin_stream({}, out);
  // Trouble on our side must not be taken for a wrong password: the open question gets its own answer.
  if (reason == close_reason::manager_timeout || reason == close_reason::manager_unavailable)
    give_up_request("remote-server-timeout", out);
  answer_held(out);
  append_stream_error(out.to_peer, reason, elsewhere);
  finish(reason, out);
}

void client_stream::finish(close_reason reason, effects& out) {
  out.to_peer += footer;
  out.close = reason;
  phase_ = stream::phase::closed;
  login_.reset();
  forget_wishes();
}

void client_stream::on_gone(effects& out) {
  phase_ = stream::phase::closed;
  login_.reset();
  kept_.reset();
  if (!session_runs_) return;
  session_runs_ = false;
  out.to_manager.push_back(end_of_session());
}

}  // namespace couplet::stream

#include <algorithm>
#include <optional>

#include "base/base64.hpp"
#include "base/random.hpp"
#include "login.hpp"
#include "secret.hpp"
#include "xml/first_tag.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

// The elements of a login: STARTTLS (RFC 6120 section 5), SASL (section 6) and SASL2 with Bind 2 (XEP-0388, XEP-0386). Both dialects carry
// the same exchanges, which are in sasl_exchange.cpp.

namespace couplet::stream {

using base::close_reason;

namespace {

/// The character data of a SASL element; nothing where it has children, which none of them may have.
std::optional<std::string> only_text(const xml::element_view& element, xml::fragment& scratch) {
  const auto parsed = scratch.parse(element.bytes, xml::ns::client);
  if (!parsed || parsed.first_child()) return std::nullopt;
  return parsed.text();
}

std::string_view namespace_of(bool sasl2) noexcept {
  return sasl2 ? xml::ns::sasl2 : xml::ns::sasl;
}

void append_sasl2_success(std::string& out, std::string_view data, std::string_view who, std::string_view inline_results) {
  ((out += "<success xmlns='") += xml::ns::sasl2) += "'>";
  if (!data.empty()) ((out += "<additional-data>") += base::base64_encode(data)) += "</additional-data>";
  out += "<authorization-identifier>";
  xml::append_text(out, who);
  ((out += "</authorization-identifier>") += inline_results) += "</success>";
}

/// The longest first part of a resource that is taken from a client (XEP-0386 section 3.2.1).
constexpr std::size_t max_tag_bytes = 256;

}  // namespace

/// Who logs in at an alias may write it in addresses, too.
std::string client_stream::without_alias(std::string_view name) const {
  const auto at = name.find('@');
  if (at == std::string_view::npos || settings_->aliases.empty()) return std::string(name);
  const auto alias = base::prepare_domain(name.substr(at + 1));
  const auto found = alias ? settings_->aliases.find(*alias) : settings_->aliases.end();
  return found == settings_->aliases.end() ? std::string(name) : std::string(name.substr(0, at + 1)) + found->second;
}

bool client_stream::may_offer(sasl::mechanism m) const noexcept {
  const auto& some = settings_->mechanisms;
  return some.empty() || std::find(some.begin(), some.end(), m) != some.end();
}

std::vector<sasl::mechanism> client_stream::mechanisms() const {
  const bool bindings = login_ && login_->tls.bindings.any();
  const bool certificate = login_ && login_->tls.certificate;
  std::vector<sasl::mechanism> ours;
  for (const auto m : sasl::all_mechanisms()) {
    bool known = true;  // PLAIN
    if (m == sasl::mechanism::external) known = certificate;
    if (m == sasl::mechanism::anonymous) known = settings_->offer_anonymous;
    if (sasl::is_scram(m)) known = settings_->offer_scram && (bindings || !sasl::is_plus(m));
    if (known && may_offer(m)) ours.push_back(m);
  }
  return ours;
}

void client_stream::on_starttls(event& e) {
  if (!offered(features::starttls, state())) {
    // RFC 6120 section 5.4.2.2: a failure ends the stream; what was sent along with the request is never looked at.
    ((e.out.to_peer += "<failure xmlns='") += xml::ns::tls) += "'/>";
    return finish(close_reason::protocol_violation, e.out);
  }
  ((e.out.to_peer += "<proceed xmlns='") += xml::ns::tls) += "'/>";
  e.out.start_tls = true;
  header_sent_ = false;
  phase_ = stream::phase::header;
}

void client_stream::on_plaintext_after_starttls(effects& out) {
  header_sent_ = true;  // the stream of now goes on to its end
  phase_ = stream::phase::login;
  end(close_reason::plaintext_after_starttls, out);
}

void client_stream::on_secured(security s) {
  // What a stranger may have said in the clear is forgotten (RFC 6120 section 5.4.3.3).
  const auto attempts = login_ ? login_->attempts : 0;
  login_ = std::make_unique<login>();
  login_->attempts = attempts;
  login_->tls = std::move(s);
  domain_ = nullptr;
  secured_ = true;
  header_sent_ = false;
  phase_ = stream::phase::header;
}

void client_stream::on_sasl(event& e) {
  // After a login there is no second one on the same connection (RFC 6120 section 6.3.4 has it before the session only).
  if (phase_ != stream::phase::login) return end(close_reason::protocol_violation, e.out);
  const bool sasl2 = e.element.namespace_uri == xml::ns::sasl2;
  const bool response_due = std::exchange(login_->response_due, false);
  if (!sasl2 && e.element.name == "auth") return on_sasl_auth(e);
  if (sasl2 && e.element.name == "authenticate") return on_sasl2_authenticate(e);
  const bool fits = login_->mechanism && login_->sasl2 == sasl2;
  if (!fits) login_->sasl2 = sasl2;  // refusals speak the language of what is refused
  if (e.element.name == "abort") {
    login_->scram.reset();
    return refuse_sasl("aborted", e.out);
  }
  if (e.element.name != "response") return end(close_reason::unsupported_stanza_type, e.out);
  // Out of order (RFC 6120 section 6.5.7).
  if (!response_due || !fits) return refuse_sasl("malformed-request", e.out);
  auto text = only_text(e.element, e.scratch);
  if (!text) return refuse_sasl("malformed-request", e.out);
  on_sasl_data(*text, e);
  wipe(*text);
}

void client_stream::on_sasl_auth(event& e) {
  login_->sasl2 = false;
  std::string scratch;
  const auto mechanism = xml::decode_attribute(xml::find_attribute(e.element.bytes, "mechanism"), scratch);
  auto text = only_text(e.element, e.scratch);
  if (!text) {
    login_->mechanism.reset();
    return refuse_sasl("malformed-request", e.out);
  }
  // No initial response is no text at all; one of no bytes is written as an equals sign (RFC 6120 section 6.4.2).
  const std::string name(mechanism);
  begin_exchange(name, text->empty() ? std::nullopt : std::optional(*text), e);
  wipe(*text);
}

void client_stream::on_sasl2_authenticate(event& e) {
  login_->sasl2 = true;
  const auto root = e.scratch.parse(e.element.bytes, xml::ns::client);
  const std::string name(root.attribute("mechanism").value_or(std::string_view()));
  const auto bind = root.child("bind", xml::ns::bind2);
  login_->bind_inline = static_cast<bool>(bind);
  login_->wants_carbons = settings_->offer_rosters && bind.child("enable", xml::ns::carbons);
  login_->tag = bind.child("tag").text();
  std::optional<std::string> initial;
  if (const auto given = root.child("initial-response")) initial = given.text();
  if (login_->tag.size() > max_tag_bytes) {
    login_->mechanism.reset();
    return refuse_sasl("malformed-request", e.out);
  }
  begin_exchange(name, initial, e);
  if (initial) wipe(*initial);
}

void client_stream::begin_exchange(std::string_view mechanism, std::optional<std::string> initial, event& e) {
  login_->mechanism.reset();
  login_->scram.reset();
  login_->checked_by_manager = false;
  if ((state() & has::passwords) == 0) {
    refuse_sasl("encryption-required", e.out);
    return count_attempt(close_reason::plaintext_refused, e.out);
  }
  // Also on streams without version, where nothing was offered.
  const auto& way = login_->sasl2 ? features::sasl2 : features::sasl;
  const auto wanted = sasl::find_mechanism(mechanism);
  const auto ours = mechanisms();
  if (!offered(way, state()) || !wanted || std::find(ours.begin(), ours.end(), *wanted) == ours.end())
    return refuse_sasl("invalid-mechanism", e.out);
  login_->mechanism = wanted;
  if (!initial) return challenge({}, e.out);  // an empty one asks for it (RFC 6120 section 6.4.2)
  on_sasl_data(*initial, e);
  wipe(*initial);
}

void client_stream::challenge(std::string_view data, effects& out) {
  ((out.to_peer += "<challenge xmlns='") += namespace_of(login_->sasl2)) += '\'';
  if (data.empty()) {
    out.to_peer += "/>";
  } else {
    ((out.to_peer += '>') += base::base64_encode(data)) += "</challenge>";
  }
  login_->response_due = true;
}

void client_stream::refuse_sasl(std::string_view condition, effects& out) {
  out.unanswered = condition == "temporary-auth-failure";
  auto& text = out.to_peer;
  ((text += "<failure xmlns='") += namespace_of(login_->sasl2)) += "'><";
  text += condition;
  // The conditions stayed where they were (XEP-0388 section 2.6.3).
  if (login_->sasl2) ((text += " xmlns='") += xml::ns::sasl) += '\'';
  text += "/></failure>";
}

/// Somebody has proved to be login_->wanted. `data`: what the mechanism says last.
void client_stream::succeed(std::string_view data, effects& out) {
  who_ = std::move(login_->wanted);
  login_->attempts = 0;
  login_->scram.reset();
  auto& text = out.to_peer;
  if (!login_->sasl2) {
    ((text += "<success xmlns='") += xml::ns::sasl) += '\'';
    if (data.empty()) {
      text += "/>";
    } else {
      ((text += '>') += base::base64_encode(data)) += "</success>";
    }
    header_sent_ = false;
    phase_ = stream::phase::bind;
    out.restart_stream = true;
    out.logged_in = true;
    return;
  }
  login_->final_data = data;
  if (login_->bind_inline) {
    // XEP-0386 section 3.2.1: the client's word for itself, then something nobody can guess.
    auto resource = login_->tag.empty() ? base::random_hex(8) : login_->tag + '/' + base::random_hex(8);
    auto full = who_.with_resource(resource);
    if (!full) full = who_.with_resource(base::random_hex(8));
    login_->client_id.clear();
    start_session(std::move(*full), true, out);
    login_->waits_for = login::request::bind2;
    return;
  }
  append_sasl2_success(text, login_->final_data, who_.full(), {});
  phase_ = stream::phase::bind;
  out.logged_in = true;
  advertise(out);
}

/// The session of a resource that was asked for along with the login runs.
void client_stream::finish_sasl2_bind(effects& out) {
  append_sasl2_success(out.to_peer, login_->final_data, who_.full(), "<bound xmlns='urn:xmpp:bind:0'/>");
}

}  // namespace couplet::stream

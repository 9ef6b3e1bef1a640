#include "base/base64.hpp"
#include "base/random.hpp"
#include "login.hpp"
#include "sasl/plain.hpp"
#include "secret.hpp"
#include "xml/first_tag.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

// SASL with the mechanism PLAIN (RFC 6120 section 6, RFC 4616). The session manager compares the password: it is asked as if the client had
// used jabber:iq:auth, with a resource that nobody will use, since managers want one there.

namespace couplet::stream {

using base::close_reason;

namespace {

/// The character data of a SASL element; nothing where it has children, which none of them may have.
std::optional<std::string> only_text(const xml::element_view& element, xml::fragment& scratch) {
  const auto parsed = scratch.parse(element.bytes, xml::ns::client);
  if (!parsed || parsed.first_child()) return std::nullopt;
  return parsed.text();
}

/// Whether UTF-8 text consists of characters that XML can carry (XML 1.0 section 2.2). base64 hides any byte from the tokenizer, and one of
/// the others on the link would end it, for all clients.
bool fits_in_xml(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 && c != '\t' && c != '\n' && c != '\r') return false;
    if (c == 0xEF && (text.substr(i, 3) == "\xEF\xBF\xBE" || text.substr(i, 3) == "\xEF\xBF\xBF"))
      return false;  // U+FFFE, U+FFFF
  }
  return true;
}

}  // namespace

/// Who logs in at an alias may write it in addresses, too.
std::string client_stream::without_alias(std::string_view name) const {
  const auto at = name.find('@');
  if (at == std::string_view::npos || settings_->aliases.empty()) return std::string(name);
  const auto alias = base::prepare_domain(name.substr(at + 1));
  const auto found = alias ? settings_->aliases.find(*alias) : settings_->aliases.end();
  return found == settings_->aliases.end() ? std::string(name) : std::string(name.substr(0, at + 1)) + found->second;
}

void client_stream::on_sasl(event& e) {
  // After a login there is no second one on the same connection (RFC 6120 section 6.3.4 has it before the session only).
  if (phase_ != stream::phase::login) return end(close_reason::protocol_violation, e.out);
  const bool response_due = std::exchange(login_->response_due, false);
  if (e.element.name == "auth") return on_sasl_auth(e);
  if (e.element.name == "abort") return refuse_sasl("aborted", e.out);
  if (e.element.name != "response") return end(close_reason::unsupported_stanza_type, e.out);
  // Out of order (RFC 6120 section 6.5.7).
  if (!response_due) return refuse_sasl("malformed-request", e.out);
  auto text = only_text(e.element, e.scratch);
  if (!text) return refuse_sasl("malformed-request", e.out);
  check_plain(*text, e);
  wipe(*text);
}

void client_stream::on_sasl_auth(event& e) {
  if (!plaintext_login_) {
    refuse_sasl("encryption-required", e.out);
    count_attempt(close_reason::plaintext_refused, e.out);
    return;
  }
  std::string scratch;
  const auto mechanism = xml::decode_attribute(xml::find_attribute(e.element.bytes, "mechanism"), scratch);
  // Also on streams without version, where nothing was offered.
  if (!offered(features::sasl, state()) || mechanism != "PLAIN") return refuse_sasl("invalid-mechanism", e.out);
  auto text = only_text(e.element, e.scratch);
  if (!text) return refuse_sasl("malformed-request", e.out);
  if (text->empty()) {  // no initial response: PLAIN's empty challenge asks for it (RFC 6120 section 6.4.2)
    ((e.out.to_peer += "<challenge xmlns='") += xml::ns::sasl) += "'/>";
    login_->response_due = true;
    return;
  }
  check_plain(*text, e);
  wipe(*text);
}

void client_stream::check_plain(std::string_view base64, event& e) {
  // A response of no bytes is written as one equals sign (RFC 6120 section 6.4.2); PLAIN has none such, which is found out below.
  auto message = base64 == "=" ? std::string() : base::base64_decode(base64);
  if (!message) return refuse_sasl("incorrect-encoding", e.out);

  sasl::plain_credentials given;
  base::jid who;
  auto verdict = sasl::parse_plain(*message, given);
  const auto name = without_alias(given.authcid);
  const auto wanted = without_alias(given.authzid);
  given.authcid = name;
  given.authzid = wanted;
  if (verdict == sasl::verdict::ok) verdict = sasl::identify(given, *domain_, who);
  if (verdict != sasl::verdict::ok) {
    const auto condition = sasl::condition_of(verdict);
    refuse_sasl(condition, e.out);
    if (condition == "not-authorized") count_attempt(close_reason::too_many_attempts, e.out);
  } else if (!fits_in_xml(given.password)) {
    // No account has such a password: it could never have been set.
    refuse_sasl("not-authorized", e.out);
    count_attempt(close_reason::too_many_attempts, e.out);
  } else if (!e.manager_up) {
    refuse_sasl("temporary-auth-failure", e.out);
  } else {
    // 64 random bits: no other session of the account has this resource, and no session will get it.
    const auto resource = base::random_hex(8);
    login_->request_id = base::random_hex(8);
    std::string iq = "<iq id='" + login_->request_id + "' type='set'><query xmlns='jabber:iq:auth'><username>";
    xml::append_text(iq, who.node());
    iq += "</username><password>";
    xml::append_text(iq, given.password);
    iq += "</password><resource>" + resource + "</resource></query></iq>";
    login_->waits_for = login::request::sasl;
    ask(who.full() + '/' + resource, std::move(iq), e.out);
    login_->wanted = std::move(who);
  }
  wipe(*message);
}

void client_stream::refuse_sasl(std::string_view condition, effects& out) {
  auto& text = out.to_peer;
  ((text += "<failure xmlns='") += xml::ns::sasl) += "'><";
  (text += condition) += "/></failure>";
}

void client_stream::finish_sasl(effects& out) {
  ((out.to_peer += "<success xmlns='") += xml::ns::sasl) += "'/>";
  who_ = std::move(login_->wanted);
  login_->attempts = 0;
  header_sent_ = false;
  phase_ = stream::phase::bind;
  out.restart_stream = true;
  out.logged_in = true;
}

}  // namespace couplet::stream

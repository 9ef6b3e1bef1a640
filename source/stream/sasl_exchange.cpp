#include <utility>

#include "base/base64.hpp"
#include "base/random.hpp"
#include "login.hpp"
#include "sasl/anonymous.hpp"
#include "sasl/encoding.hpp"
#include "sasl/external.hpp"
#include "sasl/plain.hpp"
#include "secret.hpp"
#include "xml/writer.hpp"

// What the mechanisms say. A password that the session manager compares goes to it as if the client had used jabber:iq:auth, with a resource
// that nobody will use, since managers want one there. Whatever else has to be known of an account is a question to the credentials.

namespace couplet::stream {

using base::close_reason;
using sasl::mechanism;
using asked = sasl::question::kind;

namespace {

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

void client_stream::on_sasl_data(const std::string& base64, event& e) {
  auto message = sasl::decode_message(login_->sasl2 ? sasl::profile::sasl2 : sasl::profile::classic, base64);
  if (!message) return refuse_sasl("incorrect-encoding", e.out);
  switch (*login_->mechanism) {
    case mechanism::plain: on_plain(*message, e); break;
    case mechanism::external: on_external(*message, e); break;
    case mechanism::anonymous: on_anonymous(*message, e); break;
    default: on_scram(*message, e); break;
  }
  wipe(*message);
}

/// A refusal after which the client has one attempt less, where a guess was made. What is about the channel is none: some clients try one
/// mechanism after the other, those that they can't do on this connection first.
void client_stream::refuse_credentials(sasl::verdict why, effects& out) {
  using enum sasl::verdict;
  login_->scram.reset();
  refuse_sasl(sasl::condition_of(why), out);
  const bool about_the_channel = why == wrong_flag || why == downgraded || why == unknown_binding || why == wrong_binding;
  if (!about_the_channel && sasl::condition_of(why) == "not-authorized") count_attempt(close_reason::too_many_attempts, out);
}

/// XEP-0388 section 2.3: whoever wants to be somebody in particular is the one that the header names, where it does. `who`: what came of the
/// authzid. Without one the header is a hint that nothing depends on.
bool client_stream::contradicts_header(bool is_authzid_given, const base::jid& who) const {
  return login_->sasl2 && is_authzid_given && login_->has_from && without_alias(login_->from) != who.bare();
}

void client_stream::put_question(sasl::question&& q, effects& out) {
  phase_ = stream::phase::manager;
  login_->asked.clear();
  out.question.emplace(std::move(q));
}

// ---- PLAIN ----------------------------------------------------------------------------------------------------------

void client_stream::on_plain(std::string_view message, event& e) {
  using request = login::request;
  sasl::plain_credentials given;
  base::jid who;
  auto verdict = sasl::parse_plain(message, given);
  const auto name = without_alias(given.authcid);
  const auto wanted = without_alias(given.authzid);
  given.authcid = name;
  given.authzid = wanted;
  if (verdict == sasl::verdict::ok) verdict = sasl::identify(given, *domain_, who);
  if (verdict == sasl::verdict::ok && contradicts_header(!wanted.empty(), who)) verdict = sasl::verdict::foreign_authzid;
  if (verdict != sasl::verdict::ok) return refuse_credentials(verdict, e.out);
  // No account has such a password: it could never have been set.
  if (!fits_in_xml(given.password)) return refuse_credentials(sasl::verdict::wrong_proof, e.out);
  if (!e.manager_up) return refuse_sasl("temporary-auth-failure", e.out);

  if (settings_->logins_checked_by == login_check::credentials) {
    login_->waits_for = request::sasl_account;
    put_question(sasl::question(who, std::string(given.password), std::string()), e.out);
    login_->wanted = std::move(who);
    return;
  }
  // 64 random bits: no other session of the account has this resource, and no session will get it.
  const auto resource = base::random_hex(8);
  login_->request_id = base::random_hex(8);
  std::string iq = "<iq id='" + login_->request_id + "' type='set'><query xmlns='jabber:iq:auth'><username>";
  xml::append_text(iq, who.node());
  iq += "</username><password>";
  xml::append_text(iq, given.password);
  iq += "</password><resource>" + resource + "</resource></query></iq>";
  login_->waits_for = request::sasl;
  ask(who.full() + '/' + resource, std::move(iq), e.out);
  login_->wanted = std::move(who);
}

// ---- SCRAM ----------------------------------------------------------------------------------------------------------

void client_stream::on_scram(std::string_view message, event& e) {
  if (login_->scram) {  // the second one
    // The keys are needed now and not before: what takes its time with them must not tell known names from others.
    login_->proof = message;
    login_->waits_for = login::request::sasl_keys;
    return put_question(sasl::question(asked::keys, login_->wanted, login_->scram->hash()), e.out);
  }
  const auto ours = mechanisms();
  const auto& bindings = login_->tls.bindings;
  offer told;
  told.mechanisms = ours;
  told.bindings = &bindings;
  const auto types = advertised_types(told);
  login_->scram = std::make_unique<sasl::scram_server>(*login_->mechanism, sasl::scram_offer(ours, types, true));
  auto verdict = login_->scram->on_client_first(message, bindings, *domain_);
  if (verdict == sasl::verdict::ok && contradicts_header(login_->scram->has_authzid(), login_->scram->who()))
    verdict = sasl::verdict::foreign_authzid;
  if (verdict != sasl::verdict::ok) return refuse_credentials(verdict, e.out);
  if (!e.manager_up) return refuse_sasl("temporary-auth-failure", e.out);
  login_->waits_for = login::request::sasl_challenge;
  login_->wanted = login_->scram->who();
  put_question(sasl::question(asked::challenge, login_->wanted, login_->scram->hash()), e.out);
}

/// The keys that the client's proof has to fit.
void client_stream::on_proof_keys(sasl::answer&& a, effects& out) {
  const held_secret proof(std::exchange(login_->proof, {}));
  login_->scram->set_keys(*a.keys);
  const auto verdict = login_->scram->on_client_final(proof.text());
  if (verdict == sasl::verdict::ok) {
    const auto data = login_->scram->server_final();
    return succeed(data, out);
  }
  // Also where the message was none: how long its keys took must not be seen.
  login_->refusal = verdict;
  login_->waits_for = login::request::sasl_pause;
  put_question(sasl::question(login_->wanted, login_->scram->hash(), a.asked_at, a.derived), out);
}

// ---- EXTERNAL, ANONYMOUS --------------------------------------------------------------------------------------------

void client_stream::on_external(std::string_view message, event& e) {
  base::jid who;
  auto verdict = sasl::identify_external(login_->tls.xmpp_addrs, message, *domain_, who);
  if (verdict == sasl::verdict::ok && contradicts_header(!message.empty(), who)) verdict = sasl::verdict::foreign_authzid;
  if (verdict != sasl::verdict::ok) return refuse_credentials(verdict, e.out);
  if (!e.manager_up) return refuse_sasl("temporary-auth-failure", e.out);
  login_->wanted = std::move(who);
  if (!settings_->ask_for_accounts) return succeed({}, e.out);
  login_->waits_for = login::request::sasl_account;
  put_question(sasl::question(asked::account, login_->wanted), e.out);
}

void client_stream::on_anonymous(std::string_view trace, event& e) {
  const auto verdict = sasl::check_trace(trace);
  if (verdict != sasl::verdict::ok) return refuse_credentials(verdict, e.out);
  // The manager knows guests by their names and asks for no account.
  auto who = base::jid::make(sasl::anonymous_node(), *domain_, {});
  if (!e.manager_up || !who) return refuse_sasl("temporary-auth-failure", e.out);
  login_->wanted = std::move(*who);
  succeed({}, e.out);
}

// ---- answers --------------------------------------------------------------------------------------------------------

void client_stream::on_answer(sasl::answer&& a, effects& out) {
  using request = login::request;
  using verdict = sasl::answer::verdict;
  if (phase_ != stream::phase::manager || !login_->request_id.empty()) return;
  const auto waited_for = login_->waits_for;
  // A session that was asked for along with a login is the manager's answer to give, as the manager's own check is.
  const bool ours = waited_for == request::legacy_account ||
                    (login::is_sasl(waited_for) && waited_for != request::sasl && waited_for != request::bind2);
  if (!ours) return;
  login_->waits_for = request::none;
  phase_ = stream::phase::login;
  if (waited_for == request::legacy_account) return on_legacy_password_answer(a.outcome, out);
  if (a.outcome == verdict::unavailable) {
    login_->scram.reset();
    refuse_sasl("temporary-auth-failure", out);
    // With the keys at hand, a right proof would have been taken: so guesses are counted, and where there are no keys as well.
    if (waited_for == request::sasl_keys || waited_for == request::sasl_pause)
      count_attempt(close_reason::too_many_attempts, out);
    return;
  }
  if (waited_for == request::sasl_pause) {
    const auto why = login_->refusal;
    refuse_credentials(why, out);
    // It has cost as much as a guess.
    if (sasl::condition_of(why) == "malformed-request") count_attempt(close_reason::too_many_attempts, out);
    return;
  }
  if (waited_for == request::sasl_account) return on_password_answer(a.outcome, out);
  if (a.outcome != verdict::keys || !a.keys) return refuse_credentials(sasl::verdict::wrong_proof, out);
  if (waited_for == request::sasl_keys) return on_proof_keys(std::move(a), out);
  challenge(login_->scram->server_first(*a.keys), out);
}

void client_stream::on_password_answer(sasl::answer::verdict v, effects& out) {
  if (v == sasl::answer::verdict::right) return succeed({}, out);
  refuse_credentials(sasl::verdict::wrong_proof, out);
}

}  // namespace couplet::stream

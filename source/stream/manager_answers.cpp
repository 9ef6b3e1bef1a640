#include "answers.hpp"
#include "base/text_pool.hpp"
#include "login.hpp"
#include "splice.hpp"
#include "xml/first_tag.hpp"
#include "xml/tokenizer.hpp"

// What the session manager sends. It serves many clients and outlives them, so anything may come late or twice: an answer counts
// only where it fits the one open question, an end only where it names the session that runs.

namespace couplet::stream {

using base::close_reason;

namespace {

bool same_session(const route::address& a, const route::address& b) noexcept {
  if (a.is_local() && b.is_local()) return a.handle == b.handle;
  return !a.text.empty() && a.text == b.text;
}

/// Managers say why in words only. jabberd14 has one word for every end, whose usual cause is a second login with the same resource.
bool means_replaced(std::string_view text) noexcept {
  return text.starts_with("Replaced") || text == "Disconnected";
}

}  // namespace

void client_stream::on_route(route::message&& m, effects& out) {
  if (const auto* answer = std::get_if<route::auth>(&m)) return on_auth_answer(*answer, out);
  if (auto* started = std::get_if<route::session_started>(&m)) return on_session_started(std::move(*started), out);
  if (auto* stanza = std::get_if<route::stanza>(&m)) return on_stanza_from_manager(std::move(*stanza), out);
  if (const auto* failure = std::get_if<route::failure>(&m)) return on_failure(*failure, out);
  bounce(std::move(m), out);  // of the other generation, which we never speak
}

void client_stream::ask(std::string to, std::string iq, effects& out) {
  login_->asked = to;
  phase_ = stream::phase::manager;
  out.to_manager.emplace_back(route::auth(route::address(id_), route::address(std::move(to)), std::move(iq)));
}

void client_stream::on_auth_answer(const route::auth& m, effects& out) {
  using request = login::request;
  if (phase_ != stream::phase::manager || login_->request_id.empty()) return;
  if (xml::find_attribute(m.iq, "id") != login_->request_id) return;
  const auto type = xml::find_attribute(m.iq, "type");
  if (type == "error") return on_refusal(m.iq, out);
  if (type != "result") return;

  login_->request_id.clear();
  phase_ = stream::phase::login;
  switch (std::exchange(login_->waits_for, request::none)) {
    case request::sasl: return finish_sasl(out);
    case request::password:
      who_ = base::jid::parse(login_->wanted.bare()).value_or(base::jid());
      return start_session(std::move(login_->wanted), false, out);
    default: return append_answer(out.to_peer, m.iq, login_->client_id);
  }
}

void client_stream::on_refusal(std::string_view iq, effects& out) {
  using request = login::request;
  const auto why = read_refusal(iq);
  const bool wrong_password = why.condition == "not-authorized";
  login_->request_id.clear();
  phase_ = stream::phase::login;
  const auto asked_for = std::exchange(login_->waits_for, request::none);
  if (asked_for == request::sasl)
    refuse_sasl(wrong_password ? "not-authorized" : "temporary-auth-failure", out);
  else
    refuse_iq(why.condition, why.text, out);
  // Asking for the fields of an unknown account counts as well: jabberd14 refuses that, which would tell names apart for free.
  if (wrong_password) count_attempt(close_reason::too_many_attempts, out);
}

void client_stream::give_up_request(std::string_view condition, effects& out) {
  using request = login::request;
  if (phase_ != stream::phase::manager) return;
  const auto asked_for = std::exchange(login_->waits_for, request::none);
  if (asked_for == request::sasl)
    refuse_sasl("temporary-auth-failure", out);
  else
    refuse_iq(condition, {}, out);
  if (asked_for == request::legacy) who_ = {};
  login_->request_id.clear();
  phase_ = asked_for == request::bind ? stream::phase::bind : stream::phase::login;
}

void client_stream::on_failure(const route::failure& m, effects& out) {
  using request = login::request;
  if (session_runs_ && same_session(m.from, session_)) {
    session_runs_ = false;
    return end(means_replaced(m.text) ? close_reason::replaced : close_reason::session_ended, out);
  }
  // The refusal of a request comes from where the request went; anything else is about a session of the past.
  if (phase_ != stream::phase::manager || m.from.text != login_->asked) return;
  const bool session_refused = login_->waits_for == request::bind || login_->waits_for == request::legacy;
  give_up_request(session_refused ? "not-allowed" : "remote-server-timeout", out);
  if (session_refused) count_attempt(close_reason::session_refused, out);
}

void client_stream::on_stanza_from_manager(route::stanza&& m, effects& out) {
  if (m.xml.empty()) return;
  if (phase_ != stream::phase::open || !same_session(m.from, session_)) return bounce(std::move(m), out);
  base::give_text(std::move(m.from.text));
  base::give_text(std::move(m.to.text));
  if (!may_name_server_namespaces(m.xml)) {
    out.stanza_to_peer = std::move(m.xml);
    return;
  }
  auto text = base::take_text();
  xml::append_with_client_namespace(text, m.xml);
  base::give_text(std::move(m.xml));
  out.stanza_to_peer = std::move(text);
}

void client_stream::count_attempt(close_reason when_too_many, effects& out) {
  ++login_->attempts;
  if (settings_->max_login_attempts != 0 && login_->attempts >= settings_->max_login_attempts) end(when_too_many, out);
}

void client_stream::bounce(route::message&& m, effects& out) {
  route::message answer;
  if (route::bounce(m, answer)) out.to_manager.push_back(std::move(answer));
}

}  // namespace couplet::stream

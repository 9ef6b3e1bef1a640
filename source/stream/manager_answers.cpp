#include "answers.hpp"
#include "base/text_pool.hpp"
#include "login.hpp"
#include "splice.hpp"
#include "stream/errors.hpp"
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
close_reason reason_in(std::string_view text) noexcept {
  if (text == route::failure_text::replaced || text == "Disconnected") return close_reason::replaced;
  if (text == route::failure_text::account_removed) return close_reason::account_removed;
  return close_reason::session_ended;
}

/// The condition for a client whose session was not started.
std::string_view refusal_in(std::string_view text) noexcept {
  if (text == route::failure_text::too_many_sessions) return "resource-constraint";
  if (text == route::failure_text::link_down) return "remote-server-timeout";
  return "not-allowed";
}

/// What a session manager may give to a client (RFC 6120 section 4.8.5: without a prefix).
bool is_stanza(std::string_view xml) noexcept {
  for (const std::string_view name : {"<message", "<presence", "<iq"}) {
    if (!xml.starts_with(name)) continue;
    const auto next = xml.substr(name.size(), 1);
    return !next.empty() && std::string_view(" \t\r\n/>").find(next) != std::string_view::npos;
  }
  return false;
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
    case request::sasl: return succeed({}, out);
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
  if (login::is_sasl(asked_for)) {
    login_->scram.reset();
    refuse_sasl("temporary-auth-failure", out);
  } else {
    refuse_iq(condition, {}, out);
  }
  if (asked_for == request::legacy || asked_for == request::bind2) who_ = {};
  login_->request_id.clear();
  phase_ = asked_for == request::bind ? stream::phase::bind : stream::phase::login;
}

void client_stream::on_failure(const route::failure& m, effects& out) {
  using request = login::request;
  if (session_runs_ && same_session(m.from, session_)) {
    session_runs_ = false;
    // What came back with it is what the client had sent last.
    if (phase_ == stream::phase::open && is_owed_an_error(m.xml)) append_stanza_error(out.to_peer, m.xml, "service-unavailable");
    return end(reason_in(m.text), out);
  }
  // The refusal of a request comes from where the request went; anything else is about a session of the past.
  if (phase_ != stream::phase::manager || m.from.text != login_->asked) return;
  const bool session_refused =
      login_->waits_for == request::bind || login_->waits_for == request::legacy || login_->waits_for == request::bind2;
  const auto condition = session_refused ? refusal_in(m.text) : "remote-server-timeout";
  give_up_request(condition, out);
  // That the manager can't be reached is not the client's fault.
  if (session_refused && condition != "remote-server-timeout") count_attempt(close_reason::session_refused, out);
}

void client_stream::on_stanza_from_manager(route::stanza&& m, effects& out) {
  if (m.xml.empty()) return;
  if (phase_ != stream::phase::open || !same_session(m.from, session_) || !is_stanza(m.xml)) return bounce(std::move(m), out);
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

#include "answers.hpp"
#include "base/text_pool.hpp"
#include "kept_session.hpp"
#include "login.hpp"
#include "route/codec.hpp"
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

close_reason reason_in(std::string_view text) noexcept {
  if (text == route::failure_text::replaced || text == "Disconnected") return close_reason::replaced;
  if (text == route::failure_text::account_removed) return close_reason::account_removed;
  if (text == route::failure_text::ended_by_admin) return close_reason::ended_by_admin;
  if (text == route::failure_text::server_reset) return close_reason::server_reset;
  return close_reason::session_ended;
}

void client_stream::on_route(route::message&& m, effects& out) {
  if (const auto* answer = std::get_if<route::auth>(&m)) return on_auth_answer(*answer, out);
  if (auto* started = std::get_if<route::session_started>(&m)) return on_session_started(std::move(*started), out);
  if (auto* stanza = std::get_if<route::stanza>(&m)) return on_stanza_from_manager(std::move(*stanza), out);
  if (const auto* failure = std::get_if<route::failure>(&m)) return on_failure(*failure, out);
  if (auto* stanza = std::get_if<route::controlled_stanza>(&m)) return on_controlled_stanza(std::move(*stanza), out);
  if (auto* command = std::get_if<route::session_control>(&m)) return on_session_control(std::move(*command), out);
  if (auto* held = std::get_if<route::held>(&m)) return on_held(std::move(*held), out);
  bounce(std::move(m), out);  // what only a c2s asks for
}

void client_stream::ask(std::string to, std::string iq, effects& out) {
  login_->asked = to;
  phase_ = stream::phase::manager;
  out.to_manager.emplace_back(route::auth(route::address(id_), route::address(std::move(to)), std::move(iq)));
}

void client_stream::on_auth_answer(const route::auth& m, effects& out) {
  using request = login::request;
  if (phase_ != stream::phase::manager || login_->request_id.empty() || waits_for_session()) return;
  if (xml::find_attribute(m.iq, "id") != login_->request_id) return;
  const auto type = xml::find_attribute(m.iq, "type");
  if (type == "error") return on_refusal(m.iq, out);
  if (type != "result") return;

  login_->request_id.clear();
  phase_ = stream::phase::login;
  switch (std::exchange(login_->waits_for, request::none)) {
    case request::sasl: login_->checked_by_manager = true; return succeed({}, out);
    case request::password:
      login_->checked_by_manager = true;
      who_ = base::jid::parse(login_->wanted.bare()).value_or(base::jid());
      return start_session(std::move(login_->wanted), false, out);
    default: return append_answer(out.to_peer, route::without_marks(m.iq), login_->client_id);
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
  // Of another request the manager says itself whether it is for now only.
  if (asked_for != request::sasl && asked_for != request::registration)
    out.unanswered = find_condition(why.condition).type == "wait";
  // Asking for the fields of an unknown account counts as well: jabberd14 refuses that, which would tell names apart for free. And so does a password
  // that was not looked at since too many are: who guesses much could see to that.
  const bool was_guess = login::is_check(asked_for);
  if (wrong_password || (was_guess && why.condition == "resource-constraint"))
    count_attempt(close_reason::too_many_attempts, out);
}

void client_stream::give_up_request(std::string_view condition, effects& out) {
  using request = login::request;
  if (phase_ != stream::phase::manager || is_kept_session_due()) return;
  const auto asked_for = std::exchange(login_->waits_for, request::none);
  if (login::is_sasl(asked_for)) {
    login_->scram.reset();
    refuse_sasl("temporary-auth-failure", out);
  } else {
    refuse_iq(condition, {}, out);
  }
  // A manager that does not want a session has answered, and accounts are made by others than logins.
  out.unanswered = condition == "remote-server-timeout" && asked_for != request::registration;
  if (asked_for == request::legacy || asked_for == request::bind2) who_ = {};
  login_->request_id.clear();
  phase_ = asked_for == request::bind ? stream::phase::bind : stream::phase::login;
}

void client_stream::on_failure(const route::failure& m, effects& out) {
  // A question that the link has not put to the manager that was killed says nothing of the session: it may have been answered before.
  const bool is_of_link = m.text == route::failure_text::link_down;
  if (session_runs_ && !is_of_link && (controlled_ ? is_about_session(m) : same_session(m.from, session_))) {
    // An error does not say whether a session of the second generation is over: it is ended all the same.
    if (!controlled_) session_runs_ = false;
    if (kept_) kept_->is_unseen = false;  // others hear of this from the manager
    // What came back with it is what the client had sent last.
    if (phase_ == stream::phase::open && is_owed_an_error(m.xml)) append_stanza_error(out.to_peer, m.xml, "service-unavailable");
    return end(reason_in(m.text), out);
  }
  // The refusal of a request comes from where the request went; anything else is about a session of the past.
  if (phase_ != stream::phase::manager || m.from.text != login_->asked) return;
  if (waits_for_session()) return on_session_refused(m.text, out);
  give_up_request("remote-server-timeout", out);
}

void client_stream::on_session_refused(std::string_view text, effects& out) {
  if (is_kept_session_due()) {
    // The link was lost again: the manager is asked when it is back, or the next one.
    kept_->was_turned_away = text == route::failure_text::link_down;
    if (kept_->was_turned_away) return;
    kept_->is_due = false;
    return end(close_reason::session_ended, out);
  }
  const auto condition = refusal_in(text);
  give_up_request(condition, out);
  // That the manager can't be reached is not the client's fault.
  if (condition != "remote-server-timeout") count_attempt(close_reason::session_refused, out);
}

void client_stream::on_stanza_from_manager(route::stanza&& m, effects& out) {
  if (m.xml.empty()) return;
  const bool is_for_us = phase_ == stream::phase::open && !controlled_ && same_session(m.from, session_);
  if (!is_for_us || !is_stanza(m.xml)) return bounce(std::move(m), out);
  base::give_text(std::move(m.from.text));
  base::give_text(std::move(m.to.text));
  give_to_client(std::move(m.xml), out);
}

void client_stream::on_controlled_stanza(route::controlled_stanza&& m, effects& out) {
  const bool is_for_us = phase_ == stream::phase::open && controlled_ && session_runs_ && m.sm == session_.text;
  if (!is_for_us || !is_stanza(m.xml)) return bounce(std::move(m), out);
  base::give_text(std::move(m.from.text));
  base::give_text(std::move(m.to.text));
  base::give_text(std::move(m.c2s));
  base::give_text(std::move(m.sm));
  give_to_client(std::move(m.xml), out);
}

void client_stream::give_to_client(std::string&& xml, effects& out) {
  if (kept_) {
    if (take_answer_to_us(xml)) return base::give_text(std::move(xml));
    note_presence_from_manager(xml);
  }
  if (!may_name_server_namespaces(xml)) {
    out.stanza_to_peer = std::move(xml);
    return;
  }
  auto text = base::take_text();
  xml::append_with_client_namespace(text, xml);
  base::give_text(std::move(xml));
  out.stanza_to_peer = std::move(text);
}

void client_stream::count_attempt(close_reason when_too_many, effects& out) {
  ++login_->attempts;
  if (settings_->max_login_attempts != 0 && login_->attempts >= settings_->max_login_attempts) end(when_too_many, out);
}

void client_stream::bounce(route::message&& m, effects& out) {
  route::bounce_to(m, [&out](route::message&& answer) { out.to_manager.push_back(std::move(answer)); });
}

}  // namespace couplet::stream

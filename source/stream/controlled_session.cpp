#include <utility>

#include "base/random.hpp"
#include "login.hpp"
#include "route/codec.hpp"

// Sessions of the second generation (etc/PROTOCOL.md, 9). The manager's name for the session, sc:sm, tells them apart; routes go to the
// full JID, where managers look for an older session of the same resource.

namespace couplet::stream {

using base::close_reason;
using verb = route::session_control::verb;

void client_stream::start_controlled_session(effects& out) {
  route::session_control start(route::address(id_), route::address(login_->asked), verb::start);
  start.target = login_->asked;
  // Echoed: so an answer that comes late fits no other question.
  start.id = login_->request_id = base::random_hex(8);
  out.to_manager.emplace_back(std::move(start));
}

void client_stream::on_session_control(route::session_control&& m, effects& out) {
  const bool is_our_answer = controlled_ && waits_for_session() && !m.id.empty() && m.id == login_->request_id;
  if (is_our_answer && m.action == verb::start && !m.failed.empty()) return on_session_refused(m.failed, out);
  if (is_our_answer && m.action == verb::started && !m.sm.empty()) {
    session_ = route::address(0, std::string(m.sm));  // kept for long: of the size it needs
    return on_session_runs(out);
  }
  if (m.action == verb::ended) return on_ended(m, out);
  bounce(std::move(m), out);  // a session that nobody waits for is ended
}

/// Whether these names are those of the session that runs. A manager that does not know the session (jabberd14 of 2011) repeats our name for
/// the connection in place of its own: it means whatever session that connection has.
bool client_stream::is_about_session(std::string_view sm, std::string_view c2s) const noexcept {
  return session_runs_ && controlled_ && !sm.empty() && (sm == session_.text || sm == c2s);
}

/// Errors come with the names, or without (jabberd14 takes them off what it sends back for a session it does not know). This connection never
/// has more than one session, so what names none means that, where it comes from the address that our routes go to.
bool client_stream::is_about_session(const route::failure& m) const {
  const auto marks = route::marks_in(m.xml);
  if (!marks.sm.empty()) return is_about_session(marks.sm, marks.c2s);
  return !marks.is_command && m.from.text == who_.full();
}

/// Ends are said twice, and late: once as the answer to ours, once as the session's own word.
void client_stream::on_ended(const route::session_control& m, effects& out) {
  if (!is_about_session(m.sm, m.c2s)) return;
  const bool known = m.sm == session_.text;
  if (!known) return end(close_reason::session_ended, out);
  session_runs_ = false;
  // No reason is given; the usual one is a second login with the same resource. Our own manager names the others.
  end(m.failed.empty() ? close_reason::replaced : reason_in(m.failed), out);
}

route::message client_stream::end_of_session() {
  if (!controlled_) return route::failure(route::address(id_), session_);
  route::session_control end(route::address(id_), route::address(std::string(who_.full())), verb::end);
  end.sm = session_.text;
  return end;
}

route::message client_stream::returned(std::string&& xml) const {
  if (!controlled_) return route::failure(route::address(id_), session_, std::string(), std::move(xml));
  // As if it had never found us: with its sc:sm, by which the manager knows whose it was.
  route::message undelivered = route::controlled_stanza(route::address(std::string(who_.full())), route::address(id_),
                                                        std::string(), session_.text, std::move(xml));
  route::message answer;
  route::bounce(undelivered, answer);
  return answer;
}

}  // namespace couplet::stream

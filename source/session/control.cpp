#include "control.hpp"

#include <utility>

#include "base/jid.hpp"
#include "lives.hpp"
#include "route/client_id.hpp"

namespace couplet::session {
namespace {

using verb = route::session_control::verb;

void answer(route::session_control&& m, effects& out) {
  std::swap(m.from, m.to);
  out.to_c2s.emplace_back(std::move(m));
}

void refuse(route::session_control&& m, std::string_view why, effects& out) {
  m.failed = why;
  answer(std::move(m), out);
}

/// jabberd14 looks for the older session by the resource of the route's address, ours by that of the target: jadc2s writes the mere domain into the
/// former, and would get two sessions of one full JID.
void on_start(core& c, route::session_control&& m, effects& out) {
  const auto to = base::jid::parse(m.to.text);
  if (!to || !c.serves(to->domain())) {
    route::message undeliverable(std::move(m));
    route::message back;
    if (route::bounce(undeliverable, back, "Unable to deliver, destination unknown")) out.to_c2s.push_back(std::move(back));
    return;
  }
  if (m.c2s.empty()) return refuse(std::move(m), route::failure_text::session_failed, out);
  auto begun = open_session(c, base::jid::parse(m.target), m.from);
  if (begun.opened == nullptr) return refuse(std::move(m), begun.refused, out);
  begun.opened->control = std::make_unique<session_names>(m.c2s, m.to.text);
  m.action = verb::started;
  m.sm = name_of(c.sessions.handle_of(*begun.opened));
  answer(std::move(m), out);
  tell_replaced(c, std::move(begun), out);
}

/// Always safe: a session that is no more has ended as well.
void on_end(core& c, route::session_control&& m, effects& out) {
  session* const s = session_named(c, m.sm);
  if (s != nullptr && comes_from(*s, m.from)) end_session(c, *s, out);
  m.action = verb::ended;
  answer(std::move(m), out);
}

}  // namespace

void on_session_control(core& c, route::session_control&& m, effects& out) {
  if (m.from.empty() || !m.failed.empty()) return;
  switch (m.action) {
    case verb::start: return on_start(c, std::move(m), out);
    case verb::end: return on_end(c, std::move(m), out);
    case verb::started:
    case verb::ended:
    case verb::created:
    case verb::removed: return;
    case verb::create:
    case verb::remove:
    case verb::unknown: break;
  }
  refuse(std::move(m), "Unknown session control action", out);
}

session* session_named(core& c, std::string_view sm) {
  const auto handle = route::parse_hex16(sm);
  session* const s = handle ? c.sessions.find(*handle) : nullptr;
  return s != nullptr && s->control != nullptr ? s : nullptr;
}

std::string name_of(std::uint64_t handle) {
  auto name = base::take_short_text();
  route::append_hex16(name, handle);
  return name;
}

void say_ended(const session& ended, std::uint64_t handle, std::string_view why, effects& out) {
  route::session_control m(route::address(std::string(ended.control->from)), ended.c2s, verb::ended);
  m.c2s = ended.control->c2s;
  m.sm = name_of(handle);
  // No reason means the usual one, which is all that other managers ever say.
  if (why != route::failure_text::replaced) m.failed = why;
  out.to_c2s.emplace_back(std::move(m));
}

}  // namespace couplet::session

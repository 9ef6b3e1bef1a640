#include "answers.hpp"
#include "base/random.hpp"
#include "login.hpp"
#include "xml/first_tag.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

// Resource binding (RFC 6120 section 7). The bind is answered only when the session runs: a client that is told its full JID may send.

namespace couplet::stream {

using base::close_reason;

bool client_stream::on_bind_iq(event& e) {
  const auto iq = e.scratch.parse(e.element.bytes, xml::ns::client);
  const auto bind = iq.child("bind", xml::ns::bind);
  if (!bind) return false;
  login_->client_id.clear();
  for (xml::attribute_cursor c(e.element.bytes); c.next();)
    if (c.current().name == "id") login_->client_id = c.current().whole;

  if (iq.attribute("type") != "set") {
    refuse_iq("bad-request", {}, e.out);
    return true;
  }
  auto resource = bind.child("resource").text();
  // RFC 6120 section 7.6: without a wish the server makes one, which nobody can guess.
  if (resource.empty()) resource = base::random_hex(8);
  auto full = who_.with_resource(resource);
  if (!full)
    refuse_iq("bad-request", "This resource cannot be used.", e.out);
  else if (!e.manager_up)
    refuse_unanswered_iq(manager_down, e.out);
  else
    start_session(std::move(*full), true, e.out);
  return true;
}

void client_stream::start_session(base::jid full, bool bound, effects& out) {
  login_->waits_for = bound ? login::request::bind : login::request::legacy;
  login_->asked = full.full();
  login_->wanted = std::move(full);
  phase_ = stream::phase::manager;
  const auto how = settings_->sessions;
  controlled_ = how == session_protocol::control || (how == session_protocol::automatic && !login_->checked_by_manager);
  if (controlled_) return start_controlled_session(out);
  out.to_manager.emplace_back(route::session_start(route::address(id_), route::address(login_->asked)));
}

std::string_view client_stream::asked_session() const noexcept {
  return waits_for_session() ? std::string_view(login_->asked) : std::string_view();
}

bool client_stream::waits_for_session() const noexcept {
  using request = login::request;
  if (phase_ != stream::phase::manager) return false;
  switch (login_->waits_for) {
    case request::bind:
    case request::legacy:
    case request::bind2:
    case request::kept_session: return true;
    default: return false;
  }
}

void client_stream::on_session_started(route::session_started&& m, effects& out) {
  // Nobody waits for this session (any more): it must not stay behind without a client.
  if (!waits_for_session() || controlled_ || m.from.empty()) return bounce(std::move(m), out);
  session_ = route::address(m.from.handle, std::string(m.from.text));  // kept for long: of the size it needs
  on_session_runs(out);
}

/// What was asked for is there; session_ tells where.
void client_stream::on_session_runs(effects& out) {
  using request = login::request;
  if (is_kept_session_due()) return on_session_back(out);
  session_runs_ = true;
  who_ = std::move(login_->wanted);
  plain_from_ = who_.full().find_first_of("&<>'\"\t\r\n") == std::string::npos;
  out.logged_in = true;
  phase_ = stream::phase::open;
  if (login_->waits_for == request::bind2) {
    finish_sasl2_bind(out);
    if (login_->wants_carbons) say_wish_for_carbons(out);
    login_.reset();
    return advertise(out);
  }
  std::string payload;
  if (login_->waits_for == request::bind) {
    payload = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>";
    xml::append_text(payload, who_.full());
    payload += "</jid></bind>";
  }
  append_iq_result(out.to_peer, login_->client_id, payload);
  login_.reset();
}

}  // namespace couplet::stream

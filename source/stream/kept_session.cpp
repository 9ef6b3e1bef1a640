#include "kept_session.hpp"

#include "base/text_pool.hpp"
#include "login.hpp"
#include "stream/errors.hpp"
#include "xml/first_tag.hpp"

// A manager that comes back without its sessions is asked for them again. The clients need not notice: they were not read meanwhile.

namespace couplet::stream {

client_stream::kept& client_stream::keep() {
  if (!kept_) kept_ = std::make_unique<kept>();
  return *kept_;
}

bool client_stream::waits_for_others() const noexcept {
  return kept_->waits_for_others;
}

bool client_stream::is_kept_session_due() const noexcept {
  return phase_ == stream::phase::manager && login_->waits_for == login::request::kept_session;
}

void client_stream::keep_presence(std::string_view type, std::string_view to, std::string_view xml) {
  if (!settings_->keeps_sessions || !to.empty()) return;
  if (type.empty()) {
    keep().presence.assign(xml);
  } else if (type == "unavailable" && kept_) {
    std::string().swap(kept_->presence);
  }
}

bool client_stream::on_manager_anew(effects& out) {
  const bool has_session = phase_ == stream::phase::open && session_runs_;
  if (!has_session && !is_kept_session_due()) return false;
  keep().waits_for_others = true;
  if (!login_) login_ = std::make_unique<login>();
  login_->waits_for = login::request::kept_session;
  login_->asked = who_.full();
  phase_ = stream::phase::manager;
  session_runs_ = false;
  session_ = {};
  if (controlled_) {
    start_controlled_session(out);
  } else {
    out.to_manager.emplace_back(route::session_start(route::address(id_), route::address(login_->asked)));
  }
  return true;
}

void client_stream::on_session_back(effects& out) {
  session_runs_ = true;
  phase_ = stream::phase::open;
  login_.reset();
  out.session_back = true;
  if (!kept_->presence.empty()) send_to_session(base::take_text(), {}, out);
}

/// Without text: the presence that was kept.
void client_stream::send_to_session(std::string&& xml, const route::origin& origin, effects& out) {
  if (xml.empty()) xml.assign(kept_->presence);
  if (controlled_) {
    route::controlled_stanza s(route::address(id_), route::address(base::take_short_text(who_.full())), std::string(),
                               base::take_short_text(session_.text), std::move(xml));
    s.trace.origin = origin;
    out.to_manager.emplace_back(std::move(s));
    return;
  }
  route::stanza s(route::address(id_), route::address(session_.handle, base::take_short_text(session_.text)), std::move(xml));
  s.trace.origin = origin;
  out.to_manager.emplace_back(std::move(s));
}

namespace {

/// What the presence that is said again makes superfluous.
bool is_broadcast_presence(std::string_view xml) {
  return xml.starts_with("<presence") && xml::find_attribute(xml, "to").empty();
}

}  // namespace

/// Before the session is asked for again, or while it is: the two ways here are not in step.
void client_stream::on_held(route::held&& m, effects& out) {
  if (phase_ != stream::phase::open && !is_kept_session_due()) {
    if (is_owed_an_error(m.xml) && header_sent_ && phase_ != stream::phase::closed)
      append_stanza_error(out.to_peer, m.xml, "remote-server-timeout");
    return base::give_text(std::move(m.xml));
  }
  if (is_broadcast_presence(m.xml)) return base::give_text(std::move(m.xml));
  keep().held.push_back(std::move(m));
}

void client_stream::on_sessions_back(effects& out) {
  if (!kept_ || phase_ == stream::phase::closed || is_kept_session_due()) return;
  kept_->waits_for_others = false;
  for (auto& m : kept_->held) send_to_session(std::move(m.xml), m.origin, out);
  std::vector<route::held>().swap(kept_->held);
  if (kept_->presence.empty()) kept_.reset();
}

/// The client is shown out, and hears what became of what it sent.
void client_stream::answer_held(effects& out) {
  if (!kept_) return;
  for (auto& m : kept_->held) {
    if (is_owed_an_error(m.xml)) append_stanza_error(out.to_peer, m.xml, "remote-server-timeout");
    base::give_text(std::move(m.xml));
  }
  kept_->held.clear();
}

}  // namespace couplet::stream

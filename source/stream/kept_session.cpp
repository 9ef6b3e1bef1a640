#include "kept_session.hpp"

#include <algorithm>
#include <utility>

#include "base/random.hpp"
#include "base/sip_hash.hpp"
#include "base/text_pool.hpp"
#include "login.hpp"
#include "stream/errors.hpp"
#include "xml/first_tag.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

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

bool client_stream::was_turned_away() const noexcept {
  return kept_ && kept_->was_turned_away;
}

void client_stream::keep_presence(std::string_view type, std::string_view to, std::string_view xml) {
  if (!settings_->keeps_sessions || !to.empty()) return;
  if (type.empty()) {
    keep().presence.assign(xml);
  } else if (type == "unavailable" && kept_) {
    std::string().swap(kept_->presence);
  }
}

namespace {

struct kept_wish {
  std::uint8_t bit;
  std::string_view type;
  std::string_view payload;
};

/// Ids that no client can know, so that nobody is kept from his own answers.
std::string id_of(std::uint64_t client, std::uint8_t wish) {
  static const base::sip_key key{base::random_u64(), base::random_u64()};
  auto number = base::sip_hash(key, std::to_string(client).append(1, static_cast<char>('a' + wish)));
  std::string id = "kept-";
  for (; number != 0; number >>= 4U) id += "0123456789abcdef"[number & 15U];
  return id;
}

}  // namespace

/// A manager that refuses it will do so again.
void client_stream::keep_wish(event& e, std::string_view type, std::string_view to) {
  const auto bytes = e.element.bytes;
  const auto names = [bytes](std::string_view ns) { return bytes.find(ns) != std::string_view::npos; };
  const bool gets = type == "get" && (names(xml::ns::iq_roster) || names(xml::ns::blocking));
  const bool sets = type == "set" && names(xml::ns::carbons);
  if (!gets && !sets) return;
  const auto address = to.empty() ? std::nullopt : base::jid::parse(to);
  if (!to.empty() && (!address || address->full() != who_.bare())) return;
  const auto iq = e.scratch.parse(bytes, xml::ns::client);
  if (gets && iq.child("query", xml::ns::iq_roster)) keep().wishes |= kept::roster;
  if (gets && iq.child("blocklist", xml::ns::blocking)) keep().wishes |= kept::blocked;
  if (sets && iq.child("enable", xml::ns::carbons)) keep().wishes |= kept::carbons;
  if (sets && iq.child("disable", xml::ns::carbons) && kept_) kept_->wishes &= static_cast<std::uint8_t>(~kept::carbons);
}

void client_stream::say_wishes_again(effects& out) {
  static constexpr kept_wish all[] = {{kept::roster, "get", "<query xmlns='jabber:iq:roster'/>"},
                                      {kept::blocked, "get", "<blocklist xmlns='urn:xmpp:blocking'/>"},
                                      {kept::carbons, "set", "<enable xmlns='urn:xmpp:carbons:2'/>"}};
  for (const auto& w : all) {
    if ((kept_->wishes & w.bit) == 0) continue;
    auto iq = base::take_text();
    ((iq += "<iq type='") += w.type) += '\'';
    xml::append_attribute(iq, "id", id_of(id_, w.bit));
    xml::append_attribute(iq, "from", who_.full());
    (iq.append(1, '>') += w.payload) += "</iq>";
    send_to_session(std::move(iq), {}, out);
  }
  kept_->answers_due = kept_->wishes;
}

/// Of a client that asked for them along with its login (XEP-0386).
void client_stream::say_wish_for_carbons(effects& out) {
  keep().wishes |= kept::carbons;
  say_wishes_again(out);
}

bool client_stream::take_answer_to_us(std::string_view xml) {
  if (kept_->answers_due == 0 || !xml.starts_with("<iq")) return false;
  const auto id = xml::find_attribute(xml, "id");
  for (const auto wish : kept::wishes_there_are) {
    if ((kept_->answers_due & wish) == 0 || id != id_of(id_, wish)) continue;
    kept_->answers_due &= static_cast<std::uint8_t>(~wish);
    if (!settings_->keeps_sessions) kept_.reset();
    return true;
  }
  return false;
}

/// What say_wishes_again() said.
bool client_stream::is_from_us(std::string_view xml) const {
  if (!xml.starts_with("<iq")) return false;
  const auto id = xml::find_attribute(xml, "id");
  return id.starts_with("kept-") &&
         std::ranges::any_of(kept::wishes_there_are, [&](kept::wish w) { return id == id_of(id_, w); });
}

bool client_stream::on_manager_anew(effects& out) {
  const bool has_session = phase_ == stream::phase::open && session_runs_;
  if (!has_session && !is_kept_session_due()) return false;
  keep().waits_for_others = true;
  kept_->is_due = true;
  kept_->was_turned_away = false;
  if (!login_) login_ = std::make_unique<login>();
  login_->waits_for = login::request::kept_session;
  login_->asked = who_.full();
  phase_ = stream::phase::manager;
  session_runs_ = false;  // its address is that of what the client does not take
  if (controlled_) {
    start_controlled_session(out);
  } else {
    out.to_manager.emplace_back(route::session_start(route::address(id_), route::address(login_->asked)));
  }
  return true;
}

void client_stream::on_questions_lost(effects& out) {
  if (kept_) kept_->was_turned_away = false;
  // What the credentials are asked has no such place.
  const bool asks_manager = phase_ == stream::phase::manager && !login_->asked.empty() && !is_kept_session_due();
  if (asks_manager) give_up_request("remote-server-timeout", out);
}

void client_stream::on_session_lost() noexcept {
  if (!std::exchange(session_runs_, false) || !kept_) return;
  kept_->is_due = !kept_->presence.empty() || kept_->is_unseen;
}

void client_stream::on_session_back(effects& out) {
  session_runs_ = true;
  phase_ = stream::phase::open;
  login_.reset();
  out.session_back = true;
  kept_->is_due = kept_->was_turned_away = false;
  say_wishes_again(out);  // first: what the presence leads to is for a session that is as it was
  if (kept_->presence.empty()) return;
  kept_->is_unseen = kept_->is_echoed;
  send_to_session(base::take_text(), {}, out);
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
  if (m.xml.empty()) return;  // the end of a session that this client has no more
  if (phase_ != stream::phase::open && !is_kept_session_due()) {
    if (is_owed_an_error(m.xml) && header_sent_ && phase_ != stream::phase::closed)
      append_stanza_error(out.to_peer, m.xml, "remote-server-timeout");
    return base::give_text(std::move(m.xml));
  }
  if (is_broadcast_presence(m.xml) || is_from_us(m.xml)) return base::give_text(std::move(m.xml));
  keep().held.push_back(std::move(m));
}

void client_stream::on_sessions_back(effects& out) {
  // Who was not asked for himself is not meant: it may be that another manager's sessions are back.
  if (!kept_ || !kept_->waits_for_others || phase_ == stream::phase::closed || is_kept_session_due()) return;
  kept_->waits_for_others = false;
  for (auto& m : kept_->held) send_to_session(std::move(m.xml), m.origin, out);
  std::vector<route::held>().swap(kept_->held);
  if (!kept_->is_needed()) kept_.reset();
}

/// The stream is over. That the others have seen the client matters until its session is, and so does what is to be said there.
void client_stream::forget_wishes() noexcept {
  if (!kept_) return;
  kept_->waits_for_others = false;
  kept_->wishes = kept_->answers_due = 0;
  if (!kept_->is_needed() && kept_->held.empty()) kept_.reset();
}

void client_stream::note_presence_from_manager(std::string_view xml) noexcept {
  if ((kept_->is_echoed && !kept_->is_unseen) || !xml.starts_with("<presence")) return;
  if (!xml::find_attribute(xml, "type").empty() || xml::find_attribute(xml, "from") != who_.full()) return;
  kept_->is_echoed = true;
  kept_->is_unseen = false;
}

std::optional<departure> client_stream::leaves() const {
  if (!settings_->keeps_sessions || !(session_runs_ || (kept_ && kept_->is_due))) return std::nullopt;
  return departure(who_.full(), controlled_, kept_ && (!kept_->presence.empty() || kept_->is_unseen));
}

std::vector<route::held> client_stream::leaves_behind() {
  if (!kept_) return {};
  auto left = std::exchange(kept_->held, {});
  if (kept_->is_due || (kept_->is_unseen && session_runs_))
    left.emplace_back(route::address(id_), std::string(), route::origin());
  return left;
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

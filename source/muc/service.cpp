#include "muc/service.hpp"

#include <algorithm>
#include <utility>

#include "base/text_pool.hpp"
#include "handlers.hpp"
#include "presence.hpp"

namespace couplet::muc {

struct service::state : core {
  using core::core;
};

namespace {

void work_on(turn& t) {
  if (!t.in.addressed) return refuse(t, "jid-malformed");
  if (t.in.has_prefix) return refuse(t, "bad-request", "a stanza has no prefix");
  switch (t.in.kind) {
    case stanza_kind::message: return on_message(t);
    case stanza_kind::presence: return on_presence(t);
    case stanza_kind::iq: return on_iq(t);
    case stanza_kind::other: return;
  }
}

bool is_needed(const room& r) noexcept {
  if (r.gone) return false;
  return !r.occupants.empty() || r.config.persistent || r.storing;
}

void on_one(core& all, std::string&& xml, time_point now, effects& out) {
  const auto in = read_stanza(xml);
  turn t{all, in, now, out};
  work_on(t);
  const auto found = all.rooms.find(in.to.bare());
  if (found != all.rooms.end() && !is_needed(*found->second)) bury(all, *found->second);
  base::give_text(std::move(xml));
}

}  // namespace

service::service(settings s) : state_(std::make_unique<state>(std::move(s))) {}
service::~service() = default;

bool service::serves(std::string_view domain) const noexcept {
  const auto& names = state_->options.names;
  return std::find(names.begin(), names.end(), domain) != names.end();
}

bool service::add_stored_room(stored_room&& s) {
  auto& all = *state_;
  const auto& most = all.options.most;
  const auto jid = base::jid::parse(s.jid);
  if (!jid || !jid->has_node() || !jid->is_bare() || jid->full() != s.jid || !serves(jid->domain())) return false;
  if (all.rooms.size() >= most.rooms || all.rooms.find(s.jid) != all.rooms.end()) return false;
  auto config =
      read_text(s.configuration, static_cast<std::uint32_t>(most.occupants), static_cast<std::uint32_t>(most.history_messages));
  if (!config) return false;
  auto r = std::make_unique<room>();
  r->jid = std::move(s.jid);
  r->address = escaped(r->jid);
  r->creator = std::move(s.creator);
  r->config = std::move(*config);
  r->subject.text = std::move(s.subject);
  r->subject.nick = std::move(s.subject_nick);
  r->subject.at = time_point(std::chrono::seconds(s.subject_at));
  for (const auto& a : s.affiliations) set_affiliation(*r, a.jid, a.what, a.nick);
  ++all.made_by[r->creator];
  auto& place = all.rooms[r->jid];
  place = std::move(r);
  return true;
}

void service::on_stanza(std::string&& xml, time_point now, effects& out) {
  on_one(*state_, std::move(xml), now, out);
}

/// What has waited behind it comes now, until the next of it has to be stored.
void service::on_stored(std::uint64_t number, stored what, time_point now, effects& out) {
  auto& all = *state_;
  const auto asked = all.storing.find(number);
  if (asked == all.storing.end()) return;
  const auto jid = std::exchange(asked->second, {});
  all.storing.erase(asked);
  const auto found = all.rooms.find(jid);
  if (found == all.rooms.end()) return;
  on_change_stored(*found->second, what, out);
  for (const auto& who : std::exchange(found->second->removed, {})) forget_account(all, *found->second, who, out);
  auto waiting = std::exchange(found->second->waiting, {});
  if (!is_needed(*found->second)) bury(all, *found->second);
  while (!waiting.empty()) {
    auto next = std::move(waiting.front());
    waiting.pop_front();
    on_one(all, std::move(next), now, out);
  }
}

void service::on_account_removed(std::string_view bare_jid, effects& out) {
  auto& all = *state_;
  for (auto at = all.rooms.begin(); at != all.rooms.end();) {
    auto& r = *(at++)->second;
    forget_account(all, r, bare_jid, out);
    if (!is_needed(r)) bury(all, r);
  }
}

void service::shut_down(effects& out) {
  auto& all = *state_;
  for (auto at = all.rooms.begin(); at != all.rooms.end();) {
    auto& r = *(at++)->second;
    empty_room(r, out);
    if (!is_needed(r)) bury(all, r);
  }
}

void service::destroy_all(time_point now, effects& out) {
  auto& all = *state_;
  for (auto& [jid, r] : all.rooms)
    if (!r->gone) destroy_at_once(all, *r, now, out);
  all.rooms.clear();
  all.made_by.clear();
  all.storing.clear();
  all.history_bytes = 0;
}

std::size_t service::room_count() const noexcept {
  return state_->rooms.size();
}

std::size_t service::occupant_count() const noexcept {
  std::size_t all = 0;
  for (const auto& [jid, r] : state_->rooms) all += r->occupants.size();
  return all;
}

}  // namespace couplet::muc

#include "lives.hpp"

#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/jid.hpp"
#include "contact_work.hpp"
#include "control.hpp"
#include "delivery.hpp"
#include "messages.hpp"
#include "offline.hpp"
#include "pep_work.hpp"
#include "presence.hpp"
#include "registration.hpp"
#include "reset.hpp"
#include "route/client_id.hpp"
#include "route/codec.hpp"

namespace couplet::session {
namespace {

std::optional<std::uint64_t> handle_in(const route::address& where) {
  if (where.handle != 0) return where.handle;
  const auto slash = where.text.find('/');
  if (slash == std::string::npos) return std::nullopt;
  return route::parse_hex16(std::string_view(where.text).substr(slash + 1));
}

void fail_start(route::session_start&& m, effects& out, std::string_view why) {
  if (m.from.empty()) return;  // there is nobody to answer
  out.to_c2s.emplace_back(std::in_place_type<route::failure>, std::move(m.to), std::move(m.from), std::string(why),
                          std::move(m.child));
}

std::string_view domain_of_c2s(std::string_view address) noexcept {
  address = address.substr(0, address.find('/'));
  const auto at = address.find('@');
  return at == std::string_view::npos ? address : address.substr(at + 1);
}

/// The session that a person is most likely to look at: the highest priority, then the latest.
const session* most_available(core& c, const account_table::entry& owner, const route::address& but_not) {
  const session* best = nullptr;
  c.sessions.each_of(owner, [&](const session& s) {
    if (!s.takes_messages_to_bare() || comes_from(s, but_not)) return;
    const bool better = best == nullptr || s.priority > best->priority ||
                        (s.priority == best->priority && session_table::before(best->available_since, s.available_since));
    if (better) best = &s;
  });
  return best;
}

/// Whether a message to the bare JID that session `handle` was given went to another session as well: to one that took messages
/// before that session began and does so still.
bool another_has_it(core& c, const account_table::entry& owner, std::uint64_t handle) {
  const auto began = route::client_id::unpack(handle).generation;
  bool found = false;
  c.sessions.each_of(owner, [&](const session& s) {
    found = found || (s.takes_messages_to_bare() && session_table::before(s.available_since, began));
  });
  return found;
}

/// A message that the client of session `handle` was not given. It goes to one other session (the one that has taken over the
/// resource, else the most available), never to all: a message that several sessions give back must not multiply. Each hop costs
/// the session it came from its life, so there are no more hops than there are sessions; the address that gives it back never
/// gets it again.
void redeliver(core& c, std::string&& xml, const stanza_head& head, std::uint64_t handle, const route::address& from,
               effects& out) {
  if (is_of_before_reset(c, handle)) return answer_error(c, std::move(xml), head, condition::service_unavailable, out);
  stanza_address to;
  const bool ours = head.has_to() && to.read(head.to) && to.has_node() && c.serves(to.domain()) && c.owns(to.bare());
  auto* const owner = ours ? c.accounts.find(to.bare()) : nullptr;
  if (owner != nullptr) {
    if (to.is_bare() && another_has_it(c, *owner, handle)) return ignore(std::move(xml));
    const session* heir = to.is_bare() ? nullptr : c.sessions.find(*owner, to.resource());  // it was replaced
    if (heir != nullptr && !comes_from(*heir, from)) return push(c, *heir, std::move(xml), out);
    if (const session* s = most_available(c, *owner, from)) return push(c, *s, std::move(xml), out);
    if (is_kept_for_later(c, *owner, xml, head)) return keep_for_later(c, std::move(xml), *owner, {}, out);
  }
  answer_error(c, std::move(xml), head, condition::service_unavailable, out);
}

/// `handle`: of the session it was for, where that is known and the route's sender may speak for it.
void give_back(core& c, std::string&& xml, std::optional<std::uint64_t> handle, const route::address& from, effects& out) {
  const auto head = read_head(xml);
  if (head.kind == stanza_kind::presence || head.kind == stanza_kind::other || head.type == stanza_type::headline ||
      !head.content_namespace || is_for_one_session(head)) {
    return ignore(std::move(xml));
  }
  const bool for_a_person =
      head.kind == stanza_kind::message && head.type != stanza_type::groupchat && head.type != stanza_type::error;
  if (for_a_person && is_still_kept(c, xml, head)) return ignore(std::move(xml));
  if (for_a_person && handle) return redeliver(c, std::move(xml), head, *handle, from, out);
  answer_error(c, std::move(xml), head, condition::service_unavailable, out);
}

/// What a route gives back, without the names of its session.
std::string stanza_of(route::failure&& m, bool named) {
  return named ? route::without_marks(m.xml) : std::move(m.xml);
}

/// The clients of those that are `ended` and their contacts are told; the table does not hold them any more.
void tell_ended(core& c, const session& ended, route::address&& address, std::string_view why, effects& out) {
  announce_end(c, ended, why, out);
  if (ended.control) return say_ended(ended, address.handle, why, out);
  out.to_c2s.emplace_back(std::in_place_type<route::failure>, std::move(address), ended.c2s, std::string(why));
}

}  // namespace

void forget(core& c, account_table::entry& owner, effects& out) {
  if (owner.second.session_count != 0 || is_at_work(owner)) return;
  let_go_of_contacts(c, owner);
  if (!owner.second.guest) return;
  // Those whose accounts are elsewhere come back.
  const auto node = std::string_view(owner.first).substr(0, owner.first.find('@'));
  if (!c.options.accounts_elsewhere || is_guest_name(node)) forget_pep(c, owner.first, out);
  if (!c.options.accounts_elsewhere || is_guest_name(node)) ask(c, owner.first, remove_everything(), out);
  if (is_guest_name(node)) c.blocks.forget(owner.first);
  c.accounts.erase(owner.first);
}

session* session_at(core& c, const route::address& where) {
  const auto handle = handle_in(where);
  session* const s = handle ? c.sessions.find(*handle) : nullptr;
  if (s == nullptr || where.handle != 0) return s;
  stanza_address named;
  return named.read(std::string_view(where.text).substr(0, where.text.find('/'))) && named.bare() == s->bare() ? s : nullptr;
}

bool comes_from(const session& s, const route::address& from) noexcept {
  return s.c2s.handle != 0 ? s.c2s.handle == from.handle : from.handle == 0 && s.c2s.text == from.text;
}

beginning open_session(core& c, const std::optional<base::jid>& who, const route::address& c2s) {
  beginning b;
  b.refused = route::failure_text::session_failed;
  if (!who || !who->has_node() || who->is_bare() || !c.serves(who->domain()) || !c.owns(who->bare()) || c2s.empty()) return b;
  if (c.admin.closed != 0) {
    b.refused = route::failure_text::too_many_sessions;  // a client may try again
    return b;
  }
  auto* owner = c.accounts.find(who->bare());
  const bool needs_no_account = c.options.accounts_elsewhere || (c.options.guests && is_guest_name(who->node()));
  if (owner == nullptr && needs_no_account) owner = &c.accounts.put_guest(who->bare());
  // Who has shown a certificate, or his password to another c2s: it is his from now on, and without a password here.
  const bool may_make = c.options.accept_any_user && !is_guest_name(who->node()) && has_place_for_account(c);
  if (owner == nullptr && may_make) owner = &c.accounts.put_without_password(who->bare());
  if (owner == nullptr) return b;
  session* const old = c.sessions.find(*owner, who->resource());
  const auto limit = c.options.max_sessions_per_account;
  const bool too_many = c.sessions.full() || (limit != 0 && owner->second.session_count >= limit);
  b.refused = route::failure_text::too_many_sessions;
  if (old == nullptr && too_many) return b;

  // The old one leaves the table first, so that at no time two sessions have one address; it is told last.
  if (old != nullptr) {
    b.replaced_address = c.sessions.address_of(*old);
    b.replaced = c.sessions.close(*old);
  }
  b.opened = &c.sessions.open(*owner, who->resource(), c2s);
  return b;
}

void tell_replaced(core& c, beginning&& b, effects& out) {
  if (b.replaced.owner == nullptr) return;
  leave_offline(c, b.replaced, out);
  tell_ended(c, b.replaced, std::move(b.replaced_address), route::failure_text::replaced, out);
}

void on_session_start(core& c, route::session_start&& m, effects& out) {
  auto b = open_session(c, base::jid::parse(m.to.text), m.from);
  if (b.opened == nullptr) return fail_start(std::move(m), out, b.refused);
  out.to_c2s.emplace_back(std::in_place_type<route::session_started>, c.sessions.address_of(*b.opened), std::move(m.from),
                          std::move(m.child));
  tell_replaced(c, std::move(b), out);
}

void end_session(core& c, session& s, effects& out) {
  auto& owner = *s.owner;
  leave_offline(c, s, out);
  announce_end(c, c.sessions.close(s), {}, out);
  forget(c, owner, out);
}

void on_failure(core& c, route::failure&& m, effects& out) {
  // A session that began by session control is named by what stands on the stanza; the address is only the person's.
  const auto marks = route::marks_in(m.xml);
  const bool named = !marks.sm.empty();
  auto handle = named ? route::parse_hex16(marks.sm) : handle_in(m.to);
  account_table::entry* owner = nullptr;
  if (session* const s = named ? session_named(c, marks.sm) : session_at(c, m.to)) {
    if (comes_from(*s, m.from)) {
      owner = s->owner;
      leave_offline(c, *s, out);
      announce_end(c, c.sessions.close(*s), {}, out);
    } else {
      handle.reset();  // it speaks for a session that is not its own: that one lives on, and nothing is delivered again
    }
  }
  if (!m.xml.empty() && !marks.is_command) give_back(c, stanza_of(std::move(m), named), handle, m.from, out);
  if (owner != nullptr) forget(c, *owner, out);
}

void on_c2s_gone(core& c, std::string_view c2s_domain, effects& out) {
  std::vector<session> ended;
  std::set<account_table::entry*> owners;
  c.sessions.each([&](session& s) {
    if (!s.c2s.text.empty() && domain_of_c2s(s.c2s.text) == c2s_domain) {
      leave_offline(c, s, out);
      ended.push_back(c.sessions.close(s));
    }
  });
  // All are out of the table before the first is announced: nothing is sent to the c2s that is gone.
  for (const auto& s : ended) {
    announce_end(c, s, {}, out);
    owners.insert(s.owner);
  }
  for (auto* const owner : owners) forget(c, *owner, out);
}

void end_session_of(core& c, session& s, std::string_view why, effects& out) {
  auto& owner = *s.owner;
  leave_offline(c, s, out);
  auto address = c.sessions.address_of(s);
  const auto ended = c.sessions.close(s);
  tell_ended(c, ended, std::move(address), why, out);
  forget(c, owner, out);
}

std::size_t end_sessions_of(core& c, account_table::entry& owner, std::string_view resource, std::uint64_t but_not,
                            std::string_view why, effects& out) {
  std::vector<std::uint64_t> meant;
  c.sessions.each_of(owner, [&](const session& s) {
    const auto handle = c.sessions.handle_of(s);
    if (handle != but_not && (resource.empty() || s.resource == resource)) meant.push_back(handle);
  });
  for (const auto handle : meant) {
    if (session* const s = c.sessions.find(handle)) end_session_of(c, *s, why, out);
  }
  return meant.size();
}

void end_all_sessions(core& c, account_table::entry& owner, std::string_view why, effects& out) {
  std::vector<std::pair<route::address, session>> ended;
  while (owner.second.first_session != no_slot) {
    auto& s = c.sessions.first_of(owner);
    auto address = c.sessions.address_of(s);
    ended.emplace_back(std::move(address), c.sessions.close(s));
  }
  for (auto& [address, s] : ended) tell_ended(c, s, std::move(address), why, out);
}

}  // namespace couplet::session

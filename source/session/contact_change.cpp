#include "contact_change.hpp"

#include <utility>

#include "broadcast.hpp"
#include "delivery.hpp"
#include "iq_answers.hpp"
#include "pep_events.hpp"
#include "roster.hpp"

namespace couplet::session {
namespace {

void take_over(contacts& known, contact_change& change) {
  if (change.removes_item) known.erase(change.jid);
  if (change.removes_request) known.erase_request(change.jid);
  if (change.item) known.put(std::move(*change.item));
  if (change.request) known.put_request(change.jid, std::move(*change.request));
}

void deliver_to_own(core& c, const account_table::entry& owner, std::string_view xml, bool to_available, effects& out) {
  c.sessions.each_of(owner, [&](const session& s) {
    if (to_available ? s.available() : s.wants_roster) push(c, s, copy_of(xml), out);
  });
}

}  // namespace

void carry_out(core& c, account_table::entry& owner, contact_change&& change, effects& out) {
  using presence = contact_change::presence;
  const bool saw = has_to(owner.second.known->standing_of(change.jid).state);
  take_over(*owner.second.known, change);
  if (!change.delivered.empty()) deliver_to_own(c, owner, change.delivered, change.to_available, out);
  // As long as the contact still has the subscription (RFC 6121 section 3.2.2).
  if (change.tells == presence::unavailable) tell_contact(c, owner, change.jid, change.tells, out);
  for (auto& xml : change.routes) route_stanza(c, std::move(xml), out);
  if (change.pushes) push_roster_item(c, owner, change.jid, out);
  if (change.tells == presence::current) tell_contact(c, owner, change.jid, change.tells, out);
  if (!saw && has_to(owner.second.known->standing_of(change.jid).state)) ask_for_last_items_of(c, owner, change.jid, out);
  const auto head = read_head(change.first_tag);
  if (head.kind == stanza_kind::iq) answer_result(c, {}, head, out);
}

void tell_contact(core& c, account_table::entry& owner, std::string_view jid, contact_change::presence what, effects& out) {
  if (what == contact_change::presence::none) return;
  c.sessions.each_of(owner, [&](const session& s) {
    if (!s.available()) return;
    if (what == contact_change::presence::current) return send_presence(c, s.presence, jid, out);
    auto gone = unavailable_presence(s, {});
    send_presence(c, gone, jid, out);
    ignore(std::move(gone));
  });
}

}  // namespace couplet::session

#include "subscriptions.hpp"

#include <utility>

#include "contact_work.hpp"
#include "delivery.hpp"
#include "roster.hpp"
#include "subscription.hpp"
#include "xml/first_tag.hpp"
#include "xml/writer.hpp"

namespace couplet::session {
namespace {

/// One that is larger is refused: all requests of an account are kept in memory while it has sessions.
constexpr std::size_t max_request_bytes = 8'192;

subscription_verb verb_of(const stanza_head& head) noexcept {
  switch (head.type) {
    case stanza_type::subscribe: return subscription_verb::subscribe;
    case stanza_type::subscribed: return subscription_verb::subscribed;
    case stanza_type::unsubscribe: return subscription_verb::unsubscribe;
    default: return subscription_verb::unsubscribed;
  }
}

/// The stanza with both addresses as given.
std::string between(std::string_view xml, std::string_view from, std::string_view to) {
  auto out = base::take_text();
  xml::attribute_cursor tag(xml);
  out.append(1, '<').append(tag.name());
  xml::append_attribute(out, "from", from);
  xml::append_attribute(out, "to", to);
  while (tag.next()) {
    if (tag.current().name != "from" && tag.current().name != "to") out.append(1, ' ').append(tag.current().whole);
  }
  return out.append(xml.substr(tag.close_begins()));
}

/// The contact's item as it will be. False: there is no place for it.
bool change_item(const core& c, const contacts& known, const standing& now, const standing& next, contact_change& change) {
  const auto* const item = known.find(change.jid);
  const standing visible(with_in(next.state, false), next.approved);
  change.pushes = visible != standing(with_in(now.state, false), now.approved);
  if (!change.pushes) return true;
  if (item == nullptr && is_full(c, known)) return false;
  change.item = item != nullptr ? *item : roster_item(change.jid, {}, {});
  change.item->set_subscription(next);
  return true;
}

bool is_unknown_elsewhere(const core& c, const account_table::entry& owner) {
  const auto* const known = contacts_of(owner);
  return c.options.accounts_elsewhere && owner.second.session_count == 0 && known->items().empty() && known->requests().empty();
}

}  // namespace

bool is_reachable(const core& c, std::string_view jid) {
  return c.options.other_domains || c.serves(jid.substr(jid.find('@') + 1));
}

std::string subscription_stanza(std::string_view type, std::string_view from, std::string_view to) {
  auto xml = base::take_text();
  xml += "<presence";
  xml::append_attribute(xml, "from", from);
  xml::append_attribute(xml, "to", to);
  xml.append(" type='").append(type).append("'/>");
  return xml;
}

void send_subscription(core& c, session& s, std::string&& xml, const stanza_head& head, const stanza_address& to, effects& out) {
  // The own sessions see each other without; a server has no presence.
  if (to.bare() == s.bare()) return answer_error(c, std::move(xml), head, condition::not_allowed, out);
  if (!to.has_node() && c.serves(to.domain()))
    return answer_error(c, std::move(xml), head, condition::feature_not_implemented, out);
  if (head.type == stanza_type::subscribe && !is_reachable(c, to.bare()))
    return answer_error(c, std::move(xml), head, condition::remote_server_not_found, out);
  with_contacts(c, *s.owner, contact_stanza(std::move(xml), c.sessions.handle_of(s)), out);
}

void receive_subscription(core& c, std::string&& xml, const stanza_head& head, const stanza_address& to, effects& out) {
  stanza_address from;
  if (!head.has_from() || !from.read(head.from) || from.bare() == to.bare()) return ignore(std::move(xml));
  auto* owner = c.accounts.find(to.bare());
  // Only a request is for the person, whichever resource it names (8.5.3.2.2).
  const bool is_there = to.is_bare() || (owner != nullptr && c.sessions.find(*owner, to.resource()) != nullptr);
  if (!is_there && head.type != stanza_type::subscribe) return ignore(std::move(xml));
  // What is stored of somebody who is not there tells whether he is somebody.
  const bool looks = owner == nullptr && c.options.accounts_elsewhere && !is_guest_name(to.node());
  if (looks) owner = &c.accounts.put_guest(to.bare());
  if (owner == nullptr) return ignore(std::move(xml));
  with_contacts(c, *owner, contact_stanza(std::move(xml), 0), out);
}

void end_subscriptions(core& c, const account_table::entry& owner, effects& out) {
  const auto* const known = contacts_of(owner);
  if (known == nullptr) return;
  for (const auto& item : known->items()) {
    const auto state = item.subscription().state;
    if (!is_reachable(c, item.jid())) continue;
    if (has_to(state) || has_out(state)) route_stanza(c, subscription_stanza("unsubscribe", owner.first, item.jid()), out);
    if (has_from(state)) route_stanza(c, subscription_stanza("unsubscribed", owner.first, item.jid()), out);
  }
}

void on_own_subscription(core& c, account_table::entry& owner, std::string&& xml, const stanza_head& head, effects& out) {
  const auto& known = *contacts_of(owner);
  stanza_address to;
  to.read(head.to);
  contact_change change;
  change.jid = to.bare();
  const auto verb = verb_of(head);
  const auto now = known.standing_of(change.jid);
  const auto r = on_outbound(verb, now);
  if (!change_item(c, known, now, r.next, change)) {
    return answer_error(c, std::move(xml), head, condition::resource_constraint, out);
  }
  change.removes_request = has_in(now.state) && !has_in(r.next.state);
  using presence = contact_change::presence;
  if (verb == subscription_verb::subscribed && r.passes) change.tells = presence::current;
  if (has_from(now.state) && !has_from(r.next.state)) change.tells = presence::unavailable;
  if (r.passes && is_reachable(c, change.jid)) change.routes.push_back(between(xml, owner.first, change.jid));
  change.first_tag = first_tag_of(xml);
  ignore(std::move(xml));
  make_change(c, owner, std::move(change), out);
}

void on_contact_subscription(core& c, account_table::entry& owner, std::string&& xml, const stanza_head& head, effects& out) {
  const auto& known = *contacts_of(owner);
  stanza_address from;
  from.read(head.from);
  const auto verb = verb_of(head);
  const bool asks = verb == subscription_verb::subscribe;
  if (asks && is_unknown_elsewhere(c, owner)) return answer_error(c, std::move(xml), head, condition::service_unavailable, out);
  contact_change change;
  change.jid = from.bare();
  const auto now = known.standing_of(change.jid);
  const auto r = on_inbound(verb, now);
  if (asks && r.passes) {
    const bool full = known.requests().size() >= c.options.max_subscription_requests || xml.size() > max_request_bytes;
    if (full) return answer_error(c, std::move(xml), head, condition::resource_constraint, out);
    change.request = between(xml, change.jid, owner.first);
  }
  change_item(c, known, now, r.next, change);  // only items that are there change, or are approved: those are there as well
  change.removes_request = has_in(now.state) && !has_in(r.next.state);
  if (r.passes) change.delivered = between(xml, change.jid, owner.first);
  change.to_available = asks;
  using presence = contact_change::presence;
  if (r.granted) change.routes.push_back(subscription_stanza("subscribed", owner.first, change.jid));
  if (r.granted && !has_from(now.state)) change.tells = presence::current;
  if (has_from(now.state) && !has_from(r.next.state)) change.tells = presence::unavailable;
  change.first_tag = first_tag_of(xml);
  ignore(std::move(xml));
  make_change(c, owner, std::move(change), out);
}

}  // namespace couplet::session

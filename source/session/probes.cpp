#include "probes.hpp"

#include <algorithm>
#include <utility>

#include "blocking.hpp"
#include "broadcast.hpp"
#include "contact_work.hpp"
#include "delivery.hpp"
#include "subscriptions.hpp"
#include "xml/writer.hpp"

namespace couplet::session {
namespace {

bool has_available(core& c, const account_table::entry& owner) {
  bool found = false;
  c.sessions.each_of(owner, [&](const session& s) { found = found || s.available(); });
  return found;
}

/// Whether a name that is not in the table may be somebody's who is not there just now.
bool may_exist(const core& c, std::string_view bare_jid) {
  return c.options.accounts_elsewhere && !is_guest_name(bare_jid.substr(0, bare_jid.find('@')));
}

std::string full_jid_of(const session& s) {
  std::string full(s.bare());
  return full.append(1, '/').append(s.resource);
}

/// An answer without anything in it; one that tells of no presence has the probe's id (4.3.2.1).
std::string mere_answer(std::string_view type, std::string_view from, std::string_view to, const stanza_head& probe) {
  auto xml = base::take_text();
  xml += "<presence";
  xml::append_attribute(xml, "from", from);
  xml::append_attribute(xml, "to", to);
  if (!type.empty()) xml.append(" type='").append(type).append(1, '\'');
  if (!type.empty() && probe.has_id()) xml.append(1, ' ').append(probe.id_whole);
  xml += "/>";
  return xml;
}

/// 4.3.2, 1: no subscription, or no account: nobody can tell which.
std::string no_subscription(std::string_view contact, std::string_view to, const stanza_head& probe) {
  return mere_answer("unsubscribed", contact, to, probe);
}

std::string text_of(const stanza_address& a) {
  std::string text(a.bare());
  if (!a.is_bare()) text.append(1, '/').append(a.resource());
  return text;
}

bool was_told(const session& s, std::string_view jid) {
  return s.directed != nullptr && std::find(s.directed->begin(), s.directed->end(), jid) != s.directed->end();
}

/// Of one resource, what who asks may know of it (4.3.2, 4.6.6).
std::string answer_of_one(const session* s, const stanza_address& to, std::string_view asks, const stanza_head& probe) {
  const bool is_there = s != nullptr && (s->available() || was_told(*s, asks));
  return mere_answer(is_there ? "" : "unavailable", text_of(to), asks, probe);
}

/// A contact of this partition is looked at, and not asked.
void look_at(core& c, session& s, std::string_view full_jid, std::string_view jid, effects& out) {
  if (is_cut(c, s.bare(), jid)) return;
  const auto* const contact = c.accounts.find(jid);
  if (contact != nullptr && !has_available(c, *contact)) return;  // that he is not there need not be said
  if (contact == nullptr && may_exist(c, jid)) return;
  const auto* const known = contact != nullptr ? contacts_of(*contact) : nullptr;
  if (known == nullptr || !has_from(known->standing_of(s.bare()).state)) {
    return with_contacts(c, *s.owner, contact_stanza(subscription_stanza("unsubscribed", jid, s.bare()), 0), out);
  }
  c.sessions.each_of(*contact, [&](const session& other) {
    if (!other.available()) return;
    auto xml = base::take_text();
    append_with_to(xml, other.presence, full_jid);
    push(c, s, std::move(xml), out);
  });
}

void probe(core& c, session& s, std::string_view full_jid, std::string_view jid, effects& out) {
  const auto at = jid.find('@');
  const bool here = c.serves(at == std::string_view::npos ? jid : jid.substr(at + 1));
  if (here ? at == std::string_view::npos : !c.options.other_domains) return;
  const auto partition = here ? partition_of(jid, c.partitions) : c.partition;
  if (here && partition == c.partition) return look_at(c, s, full_jid, jid, out);
  auto xml = base::take_text();
  xml += "<presence type='probe'";
  xml::append_attribute(xml, "from", here ? full_jid : s.bare());  // between servers: 4.3.1
  xml::append_attribute(xml, "to", jid);
  xml += "/>";
  if (!here) return static_cast<void>(out.to_others.push_back(std::move(xml)));
  out.to_partitions.emplace_back(partition, std::move(xml));
  out.to_partitions.back().what = delivery::purpose::server_probe;
}

void answer_own(core& c, const stanza_address& from, const account_table::entry& owner, effects& out) {
  const session* const asks = c.sessions.find(owner, from.resource());
  if (asks == nullptr) return;
  c.sessions.each_of(owner, [&](const session& other) {
    if (&other != asks && other.available()) push(c, *asks, copy_of(other.presence), out);
  });
}

}  // namespace

void probe_contacts(core& c, session& s, effects& out) {
  const auto* const known = contacts_of(*s.owner);
  const auto full_jid = full_jid_of(s);
  for (const auto& item : known->items()) {
    const auto state = item.subscription().state;
    if (has_to(state)) probe(c, s, full_jid, item.jid(), out);
    // Whoever has not answered may not have been asked: section 3.1.2.
    if (has_out(state) && is_reachable(c, item.jid())) {
      route_stanza(c, subscription_stanza("subscribe", s.bare(), item.jid()), out);
    }
  }
}

void answer_server_probe(core& c, std::string&& xml, effects& out) {
  const auto head = read_head(xml);
  stanza_address to;
  if (!to.read(head.to)) return ignore(std::move(xml));
  const auto* const owner = c.accounts.find(to.bare());
  if (owner != nullptr && !has_available(c, *owner)) return ignore(std::move(xml));
  on_probe(c, std::move(xml), head, to, out);
}

void on_probe(core& c, std::string&& xml, const stanza_head& head, const stanza_address& to, effects& out) {
  stanza_address from;
  if (!head.has_from() || !from.read(head.from) || is_blocked(c, to.bare(), from)) return ignore(std::move(xml));
  auto* const owner = c.accounts.find(to.bare());
  if (owner != nullptr && owner->first == from.bare()) {
    answer_own(c, from, *owner, out);
    return ignore(std::move(xml));
  }
  if (owner != nullptr) return with_contacts(c, *owner, contact_stanza(std::move(xml), 0), out);
  if (!may_exist(c, to.bare())) route_stanza(c, no_subscription(to.bare(), from.bare(), head), out);
  ignore(std::move(xml));
}

void answer_contact_probe(core& c, std::string&& xml, const stanza_head& head, account_table::entry& owner, effects& out) {
  stanza_address from, to;
  if (!from.read(head.from) || !to.read(head.to)) return ignore(std::move(xml));
  const auto asks = text_of(from);
  const session* const one = to.is_bare() ? nullptr : c.sessions.find(owner, to.resource());
  const bool may_know = has_from(contacts_of(owner)->standing_of(from.bare()).state) || (one != nullptr && was_told(*one, asks));
  std::vector<std::string> answers;
  if (!may_know) {
    answers.push_back(no_subscription(owner.first, from.bare(), head));
  } else if (!to.is_bare()) {
    answers.push_back(answer_of_one(one, to, asks, head));
  } else {
    c.sessions.each_of(owner, [&](const session& s) {
      if (s.available()) append_with_to(answers.emplace_back(base::take_text()), s.presence, asks);
    });
    if (answers.empty()) answers.push_back(mere_answer("unavailable", owner.first, asks, head));
  }
  ignore(std::move(xml));
  for (auto& answer : answers) route_stanza(c, std::move(answer), out);
}

}  // namespace couplet::session

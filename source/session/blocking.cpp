#include "blocking.hpp"

#include <utility>

#include "broadcast.hpp"
#include "contact_work.hpp"
#include "delivery.hpp"
#include "iq_answers.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::session {
namespace {

using storage::entry_kind;
using change_verb = entry_change::verb;

/// The most that one account may have on its list.
constexpr std::size_t most_blocked = 1'000;

std::string text_of(const base::jid& jid) {
  return jid.is_bare() ? std::string(jid.bare()) : std::string(jid.full());
}

/// What a request names; false: not all of it is an address.
bool read_items(const xml::element& payload, std::vector<std::string>& items) {
  for (auto item = payload.first_child(); item; item = item.next_sibling()) {
    const auto jid = item.is("item", xml::ns::blocking) ? base::jid::parse(item.attribute("jid").value_or("")) : std::nullopt;
    if (!jid) return false;
    items.push_back(text_of(*jid));
  }
  return true;
}

void append_items(std::string& out, const std::vector<std::string>& items) {
  for (const auto& jid : items) {
    out += "<item";
    xml::append_attribute(out, "jid", jid);
    out += "/>";
  }
}

void answer_list(core& c, std::string&& xml, const stanza_head& head, session& own, effects& out) {
  own.wants_blocks = true;
  std::string content = "<blocklist xmlns='urn:xmpp:blocking'>";
  if (const auto* const list = c.blocks.list_of(own.bare())) append_items(content, *list);
  answer_result(c, content += "</blocklist>", head, out);
  ignore(std::move(xml));
}

/// All sessions that have asked for the list hear of a change (section 3.3).
void push_change(core& c, const account_table::entry& owner, bool block, const std::vector<std::string>& items, effects& out) {
  const std::string_view name = block ? "block" : "unblock";
  c.sessions.each_of(owner, [&](const session& s) {
    if (!s.wants_blocks) return;
    auto xml = base::take_text();
    xml.append("<iq type='set' id='blocking-").append(std::to_string(++c.block_pushes)).append("' to='");
    xml::append_attribute_value(xml, s.bare());
    xml += '/';
    xml::append_attribute_value(xml, s.resource);
    xml.append("'><").append(name).append(" xmlns='urn:xmpp:blocking'>");
    append_items(xml, items);
    xml.append("</").append(name).append("></iq>");
    push(c, s, std::move(xml), out);
  });
}

/// Those subscribers whom an entry means see the user go, or come back.
void tell_subscribers(core& c, const session& s, std::string_view entry, std::string_view presence, effects& out) {
  const auto* const known = contacts_of(*s.owner);
  if (known == nullptr) return;
  const auto slash = entry.find('/');
  std::vector<std::string> told;
  for (const auto& item : known->items()) {
    stanza_address who;
    if (!has_from(item.subscription().state) || !who.read(item.jid())) continue;
    if (is_meant(entry.substr(0, slash), who))
      told.push_back(std::string(item.jid()) + std::string(slash == std::string_view::npos ? "" : entry.substr(slash)));
  }
  for (const auto& to : told) {
    auto xml = base::take_text();
    append_with_to(xml, presence, to);
    route_stanza(c, std::move(xml), out);
  }
}

void tell_directed(core& c, session& s, std::string_view entry, std::string_view presence, effects& out) {
  if (s.directed == nullptr) return;
  std::vector<std::string> told;
  std::erase_if(*s.directed, [&](const std::string& to) {
    stanza_address who;
    if (!who.read(to) || !is_meant(entry, who)) return false;
    told.push_back(to);
    return true;
  });
  for (const auto& to : told) {
    auto xml = base::take_text();
    append_with_to(xml, presence, to);
    route_stanza(c, std::move(xml), out);
  }
}

void carry_out_block(core& c, const account_table::entry& owner, const std::vector<std::string>& items, effects& out) {
  for (const auto& jid : items) {
    // While they can still be reached.
    c.sessions.each_of(owner, [&](session& s) {
      const auto gone = unavailable_presence(s, {});
      if (s.available()) tell_subscribers(c, s, jid, gone, out);
      tell_directed(c, s, jid, gone, out);
    });
    c.blocks.add(owner.first, jid);
  }
}

void carry_out_unblock(core& c, const account_table::entry& owner, const std::vector<std::string>& items, effects& out) {
  for (const auto& jid : items) {
    c.blocks.remove(owner.first, jid);
    c.sessions.each_of(owner, [&](const session& s) {
      if (s.available()) tell_subscribers(c, s, jid, s.presence, out);
    });
  }
}

/// `items`: what is said of the change; `all`: that everything is unblocked, however it is said.
void change(core& c, std::string&& xml, const session& own, bool block, std::vector<std::string>&& items, effects& out) {
  const bool all = !block && items.empty();
  std::vector<entry_change> steps;
  for (const auto& jid : items) steps.emplace_back(block ? change_verb::put : change_verb::remove, entry_kind::blocked, jid);
  if (all) steps.emplace_back(change_verb::remove_prefix, entry_kind::blocked, "");
  const auto kept = 2 * xml.size();
  const auto then = [iq = first_tag_of(xml), name = std::string(own.bare()), items = std::move(items), block, all](
                        core& at, storage_answer&& a, effects& o) {
    if (a.outcome != storage_outcome::done) return answer_kept_error(at, iq, condition_of(a.outcome), o);
    const auto* const owner = at.accounts.find(name);
    if (owner == nullptr) return;
    answer_result(at, {}, read_head(iq), o);
    push_change(at, *owner, block, items, o);
    if (block) return carry_out_block(at, *owner, items, o);
    const auto* const list = all ? at.blocks.list_of(name) : &items;
    if (list != nullptr) carry_out_unblock(at, *owner, std::vector<std::string>(*list), o);
  };
  ask(c, own.bare(), change_entries(std::move(steps)), then, out, kept);
  ignore(std::move(xml));
}

}  // namespace

bool is_blocked(const core& c, std::string_view owner, const stanza_address& who) {
  if (who.bare() == owner || (!who.has_node() && who.is_bare() && c.serves(who.domain()))) return false;
  return c.blocks.blocks(owner, who);
}

bool is_cut(const core& c, std::string_view from, std::string_view to_jid) {
  if (!c.blocks.any()) return false;
  stanza_address sender, receiver;
  if (!sender.read(from) || !receiver.read(to_jid)) return false;
  return is_blocked(c, receiver.bare(), sender) || is_blocked(c, sender.bare(), receiver);
}

bool refuse_from_blocked(core& c, std::string& xml, const stanza_head& head, const stanza_address& to, effects& out) {
  stanza_address from;
  if (!c.blocks.any() || !head.has_from() || !from.read(head.from) || !is_blocked(c, to.bare(), from)) return false;
  if (head.kind == stanza_kind::presence) {
    ignore(std::move(xml));
  } else {
    answer_error(c, std::move(xml), head, condition::service_unavailable, out);
  }
  return true;
}

bool refuse_to_blocked(core& c, const session& s, std::string& xml, const stanza_head& head, const stanza_address& to,
                       effects& out) {
  if (!c.blocks.any() || !is_blocked(c, s.bare(), to)) return false;
  if (head.answerable()) {
    auto answer = base::take_text();
    append_error(answer, head, condition::not_acceptable);
    constexpr std::string_view usual = "<error type='modify'";
    const auto type = answer.rfind(usual);
    if (type != std::string::npos) answer.replace(type, usual.size(), "<error type='cancel'");
    answer.insert(answer.rfind("</error>"), "<blocked xmlns='urn:xmpp:blocking:errors'/>");
    push(c, s, std::move(answer), out);
  }
  ignore(std::move(xml));
  return true;
}

bool is_blocking_request(const xml::element& payload) noexcept {
  return payload.namespace_uri() == xml::ns::blocking;
}

void answer_blocking_request(core& c, std::string&& xml, const stanza_head& head, const xml::element& payload, session& own,
                             effects& out) {
  const bool get = head.type == stanza_type::get;
  if (get && payload.is("blocklist", xml::ns::blocking)) return answer_list(c, std::move(xml), head, own, out);
  const bool block = payload.is("block", xml::ns::blocking);
  if (get || (!block && !payload.is("unblock", xml::ns::blocking)))
    return answer_error(c, std::move(xml), head, condition::bad_request, out);
  std::vector<std::string> items;
  if (!read_items(payload, items)) return answer_error(c, std::move(xml), head, condition::jid_malformed, out);
  if (block && items.empty()) return answer_error(c, std::move(xml), head, condition::bad_request, out);
  const auto* const list = c.blocks.list_of(own.bare());
  if (block && items.size() + (list != nullptr ? list->size() : 0) > most_blocked)
    return answer_error(c, std::move(xml), head, condition::resource_constraint, out);
  change(c, std::move(xml), own, block, std::move(items), out);
}

}  // namespace couplet::session

#include "delivery.hpp"

#include <utility>

#include "control.hpp"
#include "notices.hpp"
#include "presence.hpp"
#include "services.hpp"

namespace couplet::session {
namespace {

/// To all sessions of the account that `wanted` chooses; the last one gets the original. False: there is none, nothing is taken.
template <class Wanted>
bool push_to_all(core& c, std::string& xml, const account_table::entry& owner, Wanted wanted, effects& out) {
  const session* last = nullptr;
  c.sessions.each_of(owner, [&](const session& s) {
    if (!wanted(s)) return;
    if (last != nullptr) push(c, *last, copy_of(xml), out);
    last = &s;
  });
  if (last == nullptr) return false;
  push(c, *last, std::move(xml), out);
  return true;
}

/// Nobody is there to take it (sections 8.5.1, 8.5.2.2, 8.5.3.2; there is no offline storage): the sender of a message or request
/// is told, in the same words whether the account exists or not. Presence and headlines vanish, as do errors and results.
void no_recipient(core& c, std::string&& xml, const stanza_head& head, effects& out) {
  if (head.kind == stanza_kind::presence || head.type == stanza_type::headline) return ignore(std::move(xml));
  answer_error(c, std::move(xml), head, condition::service_unavailable, out);
}

/// Section 8.5.3.2.1: of what was meant for a resource that is gone, chats alone are for the person, wherever they are.
void no_such_resource(core& c, std::string&& xml, const stanza_head& head, account_table::entry& owner, effects& out) {
  if (head.kind == stanza_kind::message && head.type == stanza_type::chat)
    return deliver_to_bare(c, std::move(xml), head, owner, out);
  no_recipient(c, std::move(xml), head, out);
}

void deliver_here(core& c, std::string&& xml, const stanza_head& head, const stanza_address& to, effects& out) {
  // There are no rosters: whoever asks for a subscription is told so, whether or not the account exists.
  if (head.is_subscription()) return answer_error(c, std::move(xml), head, condition::feature_not_implemented, out);
  auto* const owner = c.accounts.find(to.bare());
  if (owner == nullptr) return no_recipient(c, std::move(xml), head, out);
  const bool is_probe = head.kind == stanza_kind::presence && head.type == stanza_type::probe;
  if (to.is_bare() || is_probe) return deliver_to_bare(c, std::move(xml), head, *owner, out);
  if (const session* s = c.sessions.find(*owner, to.resource())) return push(c, *s, std::move(xml), out);
  no_such_resource(c, std::move(xml), head, *owner, out);
}

/// To the mere domain, or to a resource of it, which there is none (RFC 6120 section 10.5).
void deliver_to_server(core& c, std::string&& xml, const stanza_head& head, const stanza_address& to, effects& out) {
  if (head.is_subscription()) return answer_error(c, std::move(xml), head, condition::feature_not_implemented, out);
  if (head.is_request() && to.is_bare()) return answer_for_server(c, std::move(xml), head, nullptr, to, out);
  if (is_returned_notice(head, to)) return take_returned_notice(c, std::move(xml), head, to, out);
  no_recipient(c, std::move(xml), head, out);
}

}  // namespace

void push(core& c, const session& s, std::string&& xml, effects& out) {
  route::address c2s(s.c2s.handle, base::take_short_text(s.c2s.text));
  if (s.control) {
    out.to_c2s.emplace_back(std::in_place_type<route::controlled_stanza>, route::address(base::take_short_text(s.control->from)),
                            std::move(c2s), base::take_short_text(s.control->c2s), name_of(c.sessions.handle_of(s)),
                            std::move(xml));
    return;
  }
  out.to_c2s.emplace_back(std::in_place_type<route::stanza>, c.sessions.address_of(s), std::move(c2s), std::move(xml));
}

void deliver_to_bare(core& c, std::string&& xml, const stanza_head& head, account_table::entry& owner, effects& out) {
  switch (head.kind) {
    case stanza_kind::message: {
      if (head.type == stanza_type::error) return ignore(std::move(xml));
      const bool refused = head.type == stanza_type::groupchat;  // a room knows full JIDs only
      const auto wanted = [](const session& s) { return s.takes_messages_to_bare(); };
      if (refused || !push_to_all(c, xml, owner, wanted, out)) no_recipient(c, std::move(xml), head, out);
      return;
    }
    case stanza_kind::presence: {
      if (head.type == stanza_type::probe) return answer_probe(c, std::move(xml), head, owner, out);
      const bool told = (head.type == stanza_type::none || head.type == stanza_type::unavailable) &&
                        push_to_all(
                            c, xml, owner, [](const session& s) { return s.available(); }, out);
      if (!told) ignore(std::move(xml));
      return;
    }
    default:
      // The server answers on the account's behalf; what only the account itself may ask was taken care of before.
      answer_error(c, std::move(xml), head, condition::service_unavailable, out);
  }
}

void route_stanza(core& c, std::string&& xml, const stanza_head& head, const stanza_address& to, effects& out) {
  if (!c.serves(to.domain())) {
    if (!c.options.other_domains) return answer_error(c, std::move(xml), head, condition::remote_server_not_found, out);
    return static_cast<void>(out.to_others.emplace_back(std::move(xml)));
  }
  if (!to.has_node()) return deliver_to_server(c, std::move(xml), head, to, out);
  if (c.owns(to.bare())) return deliver_here(c, std::move(xml), head, to, out);
  out.to_partitions.emplace_back(partition_of(to.bare(), c.partitions), std::move(xml));
}

void route_stanza(core& c, std::string&& xml, effects& out) {
  const auto head = read_head(xml);
  stanza_address to;
  if (refuse_malformed(c, std::move(xml), head, out)) return;
  if (!head.has_to() || !to.read(head.to)) return answer_error(c, std::move(xml), head, condition::jid_malformed, out);
  route_stanza(c, std::move(xml), head, to, out);
}

void answer_error(core& c, std::string&& xml, const stanza_head& head, condition why, effects& out) {
  stanza_address back;
  if (!head.answerable() || !head.has_from() || !back.read(head.from)) return ignore(std::move(xml));
  auto answer = base::take_text();
  append_error(answer, head, why);
  const auto answer_head = read_head(answer);
  route_stanza(c, std::move(answer), answer_head, back, out);  // `back` is a view of the stanza, which goes last
  ignore(std::move(xml));
}

bool refuse_malformed(core& c, std::string&& xml, const stanza_head& head, effects& out) {
  bool well_formed = head.content_namespace && head.kind != stanza_kind::other;
  if (head.kind == stanza_kind::iq) {
    const bool has_type = head.is_request() || head.type == stanza_type::result || head.type == stanza_type::error;
    well_formed = well_formed && has_type && (head.has_id() || !head.is_request());
  } else if (head.kind == stanza_kind::presence) {
    const bool has_type = head.type == stanza_type::none || head.type == stanza_type::error ||
                          (head.type >= stanza_type::unavailable && head.type <= stanza_type::probe);
    well_formed = well_formed && has_type;
  }
  if (!well_formed) answer_error(c, std::move(xml), head, condition::bad_request, out);
  return !well_formed;
}

}  // namespace couplet::session

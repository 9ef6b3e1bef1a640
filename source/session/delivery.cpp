#include "delivery.hpp"

#include <utility>

#include "archive.hpp"
#include "blocking.hpp"
#include "contact_requests.hpp"
#include "control.hpp"
#include "messages.hpp"
#include "notices.hpp"
#include "probes.hpp"
#include "services.hpp"
#include "subscriptions.hpp"
#include "xml/first_tag.hpp"
#include "xml/names.hpp"

namespace couplet::session {
namespace {

void deliver_here(core& c, std::string&& xml, const stanza_head& head, const stanza_address& to, effects& out) {
  if (refuse_from_blocked(c, xml, head, to, out)) return;
  if (head.is_subscription()) return receive_subscription(c, std::move(xml), head, to, out);
  if (head.is_probe()) return on_probe(c, std::move(xml), head, to, out);
  // What somebody has said is nobody else's business, nor whether there is such an account (XEP-0313 section 8.1).
  if (head.is_request() && to.is_bare() && is_archive_request(c, xml))
    return answer_error(c, std::move(xml), head, condition::forbidden, out);
  auto* const owner = c.accounts.find(to.bare());
  if (owner == nullptr && head.is_request() && to.is_bare()) return answer_for_nobody(c, std::move(xml), head, out);
  if (owner == nullptr) return no_recipient(c, std::move(xml), head, out);
  if (head.kind == stanza_kind::message) return deliver_message(c, std::move(xml), head, to.resource(), *owner, out);
  if (to.is_bare()) return deliver_to_bare(c, std::move(xml), head, *owner, out);
  if (const session* s = c.sessions.find(*owner, to.resource())) return push(c, *s, std::move(xml), out);
  no_recipient(c, std::move(xml), head, out);
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

void no_recipient(core& c, std::string&& xml, const stanza_head& head, effects& out) {
  if (head.kind == stanza_kind::presence || head.type == stanza_type::headline) return ignore(std::move(xml));
  answer_error(c, std::move(xml), head, condition::service_unavailable, out);
}

void append_forwarded(std::string& out, std::string_view xml, const stanza_head& head) {
  const auto after_name = 1 + head.name.size();
  out.append(xml.substr(0, after_name));
  // Also where the stanza has a prefix: what is in it may have none.
  if (xml::find_attribute(xml, "xmlns").data() == nullptr) out.append(" xmlns='").append(xml::ns::client).append(1, '\'');
  out.append(xml.substr(after_name));
}

void deliver_to_bare(core& c, std::string&& xml, const stanza_head& head, account_table::entry& owner, effects& out) {
  switch (head.kind) {
    case stanza_kind::message: return deliver_message(c, std::move(xml), head, {}, owner, out);
    case stanza_kind::presence: {
      const bool told = (head.type == stanza_type::none || head.type == stanza_type::unavailable) &&
                        push_to_all(
                            c, xml, owner, [](const session& s) { return s.available(); }, out);
      if (!told) ignore(std::move(xml));
      return;
    }
    default:
      // The server answers on the account's behalf; what only the account itself may ask was taken care of before.
      if (head.is_request()) return answer_for_contact(c, std::move(xml), head, owner, out);
      ignore(std::move(xml));
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

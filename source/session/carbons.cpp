#include "carbons.hpp"

#include "delivery.hpp"
#include "hints.hpp"
#include "xml/first_tag.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::session {
namespace carbons {
namespace {

/// The copy says of which type the message is (section 7).
std::string_view type_attribute(stanza_type t) noexcept {
  switch (t) {
    case stanza_type::chat: return " type='chat'";
    case stanza_type::normal: return " type='normal'";
    case stanza_type::headline: return " type='headline'";
    case stanza_type::error: return " type='error'";
    default: return {};
  }
}

}  // namespace

void push_copy(core& c, const session& s, std::string_view xml, const stanza_head& head, direction way, effects& out) {
  auto copy = base::take_text();
  copy += "<message from='";
  xml::append_attribute_value(copy, s.bare());
  copy += "' to='";
  xml::append_attribute_value(copy, s.bare());
  copy += '/';
  xml::append_attribute_value(copy, s.resource);
  copy.append(1, '\'').append(type_attribute(head.type));
  copy += way == direction::sent ? "><sent" : "><received";
  copy += " xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>";
  append_forwarded(copy, xml, head);
  copy += way == direction::sent ? "</forwarded></sent></message>" : "</forwarded></received></message>";
  push(c, s, std::move(copy), out);
}

bool are_due(std::string_view xml, const stanza_head& head, direction way) {
  return is_for_carbons(head, read_traits(xml), way == direction::received);
}

const session* sender_among(core& c, const stanza_head& head, const account_table::entry& owner) {
  stanza_address from;
  if (!head.has_from() || !from.read(head.from) || from.bare() != owner.first) return nullptr;
  return c.sessions.find(owner, from.resource());
}

}  // namespace carbons

bool is_carbons_request(const xml::element& payload) noexcept {
  return payload.is("enable", xml::ns::carbons) || payload.is("disable", xml::ns::carbons);
}

void answer_carbons_request(core& c, std::string&& xml, const stanza_head& head, const xml::element& payload, session& own,
                            effects& out) {
  if (head.type != stanza_type::set) return answer_error(c, std::move(xml), head, condition::bad_request, out);
  own.carbons = payload.name() == "enable";
  auto answer = base::take_text();
  append_result_tag(answer, head);
  answer += "/>";
  route_stanza(c, std::move(answer), out);
  ignore(std::move(xml));
}

void copy_sent(core& c, const session& sender, std::string_view xml, const stanza_head& head, effects& out) {
  bool looked = false;
  bool due = false;
  c.sessions.each_of(*sender.owner, [&](const session& s) {
    if (!s.carbons || &s == &sender) return;
    if (!looked) due = carbons::are_due(xml, head, carbons::direction::sent);
    looked = true;
    if (due) carbons::push_copy(c, s, xml, head, carbons::direction::sent, out);
  });
}

}  // namespace couplet::session

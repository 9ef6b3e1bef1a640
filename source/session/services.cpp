#include "services.hpp"

#include <utility>

#include "delivery.hpp"
#include "registration.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::session {
namespace {

void append_features(std::string& out, std::initializer_list<std::string_view> features) {
  for (const auto feature : features) {
    out += "<feature";
    xml::append_attribute(out, "var", feature);
    out += "/>";
  }
}

void append_query(std::string& out, std::string_view uri) {
  out += "<query";
  xml::append_attribute(out, "xmlns", uri);
  out += '>';
}

void append_server_info(std::string& out, bool registration) {
  append_query(out, xml::ns::disco_info);
  out += "<identity category='server' type='im' name='Couplet'/>";
  append_features(out, {xml::ns::disco_info, xml::ns::disco_items, xml::ns::ping, xml::ns::version, xml::ns::server_ip_check});
  if (registration) append_features(out, {xml::ns::iq_register});
  out += "</query>";
}

void append_account_info(std::string& out) {
  append_query(out, xml::ns::disco_info);
  out += "<identity category='account' type='registered'/>";
  append_features(out, {xml::ns::disco_info, xml::ns::disco_items, xml::ns::ping});
  out += "</query>";
}

void append_version(std::string& out) {
  append_query(out, xml::ns::version);
  out += "<name>Couplet</name><version>";
  xml::append_text(out, COUPLET_VERSION);
  out += "</version></query>";
}

enum class subject : std::uint8_t { server, account };

/// What the answer holds, appended; false: no such service.
bool append_answer(const core& c, std::string& out, const xml::element& payload, subject about) {
  if (payload.is("ping", xml::ns::ping)) return true;
  if (payload.is("query", xml::ns::disco_info)) {
    about == subject::server ? append_server_info(out, c.options.registration) : append_account_info(out);
    return true;
  }
  if (payload.is("query", xml::ns::disco_items)) {
    append_query(out, xml::ns::disco_items);
    out += "</query>";
    return true;
  }
  if (about != subject::server || !payload.is("query", xml::ns::version)) return false;
  append_version(out);
  return true;
}

bool names_a_node(const xml::element& payload) {
  const bool disco = payload.namespace_uri() == xml::ns::disco_info || payload.namespace_uri() == xml::ns::disco_items;
  return disco && !payload.attribute("node").value_or("").empty();
}

void answer_get(core& c, std::string&& xml, const stanza_head& head, const xml::element& payload, subject about, effects& out) {
  if (names_a_node(payload)) return answer_error(c, std::move(xml), head, condition::item_not_found, out);
  auto content = base::take_text();
  if (head.type != stanza_type::get || !append_answer(c, content, payload, about)) {
    base::give_text(std::move(content));
    return answer_error(c, std::move(xml), head, condition::service_unavailable, out);
  }
  auto answer = base::take_text();
  append_result_tag(answer, head);
  answer.append(1, '>').append(content).append("</iq>");
  base::give_text(std::move(content));
  ignore(std::move(xml));
  route_stanza(c, std::move(answer), out);
}

}  // namespace

void answer_for_server(core& c, std::string&& xml, const stanza_head& head, session* own, const stanza_address& to,
                       effects& out) {
  const auto payload = c.document.parse(xml, xml::ns::client).first_child();
  if (!payload) return answer_error(c, std::move(xml), head, condition::bad_request, out);
  if (own != nullptr && payload.is("query", xml::ns::iq_register)) {
    const auto home = own->bare().substr(own->bare().find('@') + 1);
    if (to.domain() == home) return answer_registration(c, std::move(xml), head, payload, *own, out);
  }
  answer_get(c, std::move(xml), head, payload, subject::server, out);
}

void answer_for_account(core& c, std::string&& xml, const stanza_head& head, session& own, effects& out) {
  const auto payload = c.document.parse(xml, xml::ns::client).first_child();
  if (!payload) return answer_error(c, std::move(xml), head, condition::bad_request, out);
  if (payload.is("query", xml::ns::iq_register)) return answer_registration(c, std::move(xml), head, payload, own, out);
  answer_get(c, std::move(xml), head, payload, subject::account, out);
}

}  // namespace couplet::session

#include "services.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <utility>

#include "archive.hpp"
#include "blocking.hpp"
#include "carbons.hpp"
#include "commands.hpp"
#include "contact_work.hpp"
#include "delivery.hpp"
#include "iq_answers.hpp"
#include "last_activity.hpp"
#include "private_xml.hpp"
#include "pubsub.hpp"
#include "registration.hpp"
#include "server_caps.hpp"
#include "service_items.hpp"
#include "vcard.hpp"
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

void append_query(std::string& out, std::string_view uri, std::string_view node = {}) {
  out += "<query";
  xml::append_attribute(out, "xmlns", uri);
  if (!node.empty()) xml::append_attribute(out, "node", node);
  out += '>';
}

/// Who runs the server: a form of its own (XEP-0128).
void append_contacts(std::string& out, const std::vector<std::string>& contacts) {
  if (contacts.empty()) return;
  out +=
      "<x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' "
      "type='hidden'><value>http://jabber.org/network/serverinfo</value>"
      "</field><field var='admin-addresses' type='list-multi'>";
  for (const auto& uri : contacts) {
    out += "<value>";
    xml::append_text(out, uri);
    out += "</value>";
  }
  out += "</field></x>";
}

void append_version(std::string& out) {
  append_query(out, xml::ns::version);
  out += "<name>Couplet</name><version>";
  xml::append_text(out, COUPLET_VERSION);
  out += "</version></query>";
}

/// UTC only: where the server is, is nobody's business.
void append_time(std::string& out, std::int64_t now) {
  const std::chrono::sys_time<std::chrono::milliseconds> when{std::chrono::milliseconds(now)};
  const auto day = std::chrono::floor<std::chrono::days>(when);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(when - day));
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()));
  out.append("<time xmlns='urn:xmpp:time'><tzo>+00:00</tzo><utc>").append(text.data()).append("</utc></time>");
}

enum class subject : std::uint8_t { server, account };

/// What the answer holds, appended; false: no such service. `domain`: the server's name that was asked.
bool append_answer(const core& c, std::string& out, const xml::element& payload, subject about, std::string_view domain) {
  if (payload.is("ping", xml::ns::ping)) return true;
  if (payload.is("query", xml::ns::disco_info)) {
    const auto node = payload.attribute("node").value_or("");
    about == subject::server ? append_server_info(out, c.options, node) : append_account_info(out, c.options);
    return true;
  }
  if (payload.is("query", xml::ns::disco_items)) {
    append_services(out, c.options, domain);  // of an account: answer_pubsub()
    return true;
  }
  if (payload.is("query", xml::ns::last)) {
    // Of an account: whoever asks is there.
    append_last_activity(out, about == subject::server ? (c.now() - c.started) / 1'000 : 0);
    return true;
  }
  if (about == subject::server && payload.is("time", xml::ns::time)) {
    append_time(out, c.now());
    return true;
  }
  if (about != subject::server || !payload.is("query", xml::ns::version)) return false;
  append_version(out);
  return true;
}

/// A node of service discovery that there is not.
bool names_unknown_node(const core& c, const xml::element& payload, subject about) {
  const bool disco = payload.namespace_uri() == xml::ns::disco_info || payload.namespace_uri() == xml::ns::disco_items;
  const auto node = payload.attribute("node").value_or("");
  if (!disco || node.empty()) return false;
  return about != subject::server || payload.namespace_uri() != xml::ns::disco_info || !is_version_of_server(c.options, node);
}

void answer_get(core& c, std::string&& xml, const stanza_head& head, const xml::element& payload, subject about,
                std::string_view domain, effects& out) {
  if (names_unknown_node(c, payload, about)) return answer_error(c, std::move(xml), head, condition::item_not_found, out);
  auto content = base::take_text();
  if (head.type != stanza_type::get || !append_answer(c, content, payload, about, domain)) {
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

void append_server_info(std::string& out, const settings& s, std::string_view node) {
  append_query(out, xml::ns::disco_info, node);
  out += "<identity category='server' type='im' name='Couplet'/>";
  append_pubsub_info(out);
  append_features(out, {xml::ns::disco_info, xml::ns::disco_items, xml::ns::ping, xml::ns::version, xml::ns::server_ip_check});
  append_features(out, {xml::ns::caps, xml::ns::carbons});
  if (s.offline) append_features(out, {"msgoffline"});  // XEP-0160
  append_features(out, {xml::ns::last, xml::ns::time, xml::ns::private_xml, xml::ns::vcard, xml::ns::blocking});
  if (s.registration) append_features(out, {xml::ns::iq_register});
  if (!s.admins.empty()) append_features(out, {"http://jabber.org/protocol/commands"});
  append_contacts(out, s.contacts);
  out += "</query>";
}

void append_account_info(std::string& out, const settings& s) {
  append_query(out, xml::ns::disco_info);
  out += "<identity category='account' type='registered'/>";
  append_pubsub_info(out);
  append_features(out, {xml::ns::disco_info, xml::ns::disco_items, xml::ns::ping});
  append_features(out, {xml::ns::carbons, xml::ns::stanza_ids});
  append_features(out, {xml::ns::last, xml::ns::vcard, "urn:xmpp:pep-vcard-conversion:0",  // XEP-0398
                        "urn:xmpp:bookmarks:1#compat"});                                   // XEP-0402
  if (s.archive) append_features(out, {xml::ns::archive, xml::ns::archive_extended});
  out += "</query>";
}

void answer_for_server(core& c, std::string&& xml, const stanza_head& head, session* own, const stanza_address& to,
                       effects& out) {
  const auto payload = payload_of(c, xml);
  if (!payload) return answer_error(c, std::move(xml), head, condition::bad_request, out);
  if (own != nullptr && payload.is("query", xml::ns::iq_register)) {
    const auto home = own->bare().substr(own->bare().find('@') + 1);
    if (to.domain() == home) return answer_registration(c, std::move(xml), head, payload, *own, out);
  }
  if (is_about_commands(c, payload)) return answer_about_commands(c, std::move(xml), head, payload, own, to, out);
  answer_get(c, std::move(xml), head, payload, subject::server, to.domain(), out);
}

void answer_for_account(core& c, std::string&& xml, const stanza_head& head, session& own, effects& out) {
  const auto payload = payload_of(c, xml);
  if (!payload) return answer_error(c, std::move(xml), head, condition::bad_request, out);
  if (payload.is("query", xml::ns::iq_register)) return answer_registration(c, std::move(xml), head, payload, own, out);
  if (payload.is("query", xml::ns::private_xml)) return answer_private_xml(c, std::move(xml), head, payload, own, out);
  if (payload.is("vCard", xml::ns::vcard)) return answer_own_vcard(c, std::move(xml), head, own, out);
  if (is_blocking_request(payload)) return answer_blocking_request(c, std::move(xml), head, payload, own, out);
  if (is_carbons_request(payload)) return answer_carbons_request(c, std::move(xml), head, payload, own, out);
  if (payload.is("query", xml::ns::iq_roster))
    return with_contacts(c, *own.owner, contact_stanza(std::move(xml), c.sessions.handle_of(own)), out);
  if (is_pubsub_request(payload)) return answer_pubsub(c, std::move(xml), own.bare(), out);
  if (is_archive_request(c, payload)) return answer_archive_request(c, std::move(xml), head, payload, own, out);
  answer_get(c, std::move(xml), head, payload, subject::account, {}, out);
}

}  // namespace couplet::session

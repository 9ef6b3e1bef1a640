#include "answers.hpp"

#include <array>

#include "xml/element.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::stream {

namespace {

// XEP-0086 gives the codes. policy-violation is younger; it gets the code of not-acceptable, whose meaning is nearest.
constexpr std::array<condition_row, 22> conditions{{
    {"bad-request", "400", "modify"},
    {"conflict", "409", "cancel"},
    {"feature-not-implemented", "501", "cancel"},
    {"forbidden", "403", "auth"},
    {"gone", "302", "modify"},
    {"internal-server-error", "500", "wait"},
    {"item-not-found", "404", "cancel"},
    {"jid-malformed", "400", "modify"},
    {"not-acceptable", "406", "modify"},
    {"not-allowed", "405", "cancel"},
    {"not-authorized", "401", "auth"},
    {"payment-required", "402", "auth"},
    {"policy-violation", "406", "modify"},
    {"recipient-unavailable", "404", "wait"},
    {"redirect", "302", "modify"},
    {"registration-required", "407", "auth"},
    {"remote-server-not-found", "404", "cancel"},
    {"remote-server-timeout", "504", "wait"},
    {"resource-constraint", "500", "wait"},
    {"service-unavailable", "503", "cancel"},
    {"unexpected-request", "400", "wait"},
    {"undefined-condition", "500", "cancel"},
}};

}  // namespace

const condition_row& find_condition(std::string_view condition) noexcept {
  for (const auto& row : conditions)
    if (row.condition == condition) return row;
  return conditions.back();
}

std::string_view condition_of_code(std::string_view code) noexcept {
  // Several conditions share 400, 404 and 406: the first in the table is the general one.
  for (const auto& row : conditions)
    if (row.code == code) return row.condition;
  return "undefined-condition";
}

void append_error_element(std::string& out, std::string_view condition, std::string_view text) {
  const auto& row = find_condition(condition);
  out += "<error code='";
  out += row.code;
  out += "' type='";
  out += row.type;
  out += "'><";
  out += row.condition;
  out += " xmlns='";
  out += xml::ns::stanza_errors;
  out += "'/>";
  if (!text.empty()) {
    out += "<text xmlns='";
    out += xml::ns::stanza_errors;
    out += "'>";
    xml::append_text(out, text);
    out += "</text>";
  }
  out += "</error>";
}

void append_iq_error(std::string& out, std::string_view id_attribute, std::string_view condition, std::string_view text) {
  out += "<iq type='error'";
  if (!id_attribute.empty()) (out += ' ') += id_attribute;
  out += '>';
  append_error_element(out, condition, text);
  out += "</iq>";
}

void append_iq_result(std::string& out, std::string_view attributes, std::string_view payload) {
  out += "<iq type='result'";
  if (!attributes.empty()) (out += ' ') += attributes;
  if (payload.empty()) {
    out += "/>";
    return;
  }
  out += '>';
  out += payload;
  out += "</iq>";
}

refusal read_refusal(std::string_view iq) {
  // A document of its own: refusals are rare, and the thread's one may hold the client's element.
  xml::fragment document;
  refusal answer;
  const auto root = document.parse(iq, xml::ns::client);
  for (auto child = root.first_child(); child; child = child.next_sibling()) {
    if (child.name() != "error") continue;
    for (auto detail = child.first_child(); detail; detail = detail.next_sibling()) {
      if (detail.namespace_uri() != xml::ns::stanza_errors) continue;
      if (detail.name() == "text")
        answer.text = detail.text();
      else if (answer.condition.empty())
        answer.condition = find_condition(detail.name()).condition;
    }
    if (answer.condition.empty()) answer.condition = condition_of_code(child.attribute("code").value_or(""));
    break;
  }
  if (answer.condition.empty()) answer.condition = "undefined-condition";
  return answer;
}

}  // namespace couplet::stream

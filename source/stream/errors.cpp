#include "stream/errors.hpp"

#include "answers.hpp"
#include "xml/first_tag.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::stream {

void append_stream_error(std::string& out, base::close_reason reason, std::string_view content) {
  const auto& row = base::describe(reason);
  if (row.condition.empty()) return;
  out += "<stream:error><";
  out += row.condition;
  out += " xmlns='";
  out += xml::ns::stream_errors;
  if (content.empty()) {
    out += "'/>";
  } else {
    out += "'>";
    xml::append_text(out, content);
    ((out += "</") += row.condition) += '>';
  }
  if (!row.text.empty()) {
    out += "<text xmlns='";
    out += xml::ns::stream_errors;
    out += "' xml:lang='en'>";
    xml::append_text(out, row.text);
    out += "</text>";
  }
  out += "</stream:error>";
}

base::close_reason reason_of(xml::fault fault) noexcept {
  using enum base::close_reason;
  switch (fault) {
    case xml::fault::not_well_formed: return not_well_formed;
    case xml::fault::restricted_xml: return restricted_xml;
    case xml::fault::unsupported_encoding: return unsupported_encoding;
    case xml::fault::too_big: return element_too_big;
    case xml::fault::too_deep:
    case xml::fault::too_many_attributes:
    case xml::fault::too_many_children: return element_too_complex;
    case xml::fault::none: break;
  }
  return internal_error;
}

bool is_owed_an_error(std::string_view stanza) {
  const auto type = xml::find_attribute(stanza, "type");
  if (stanza.starts_with("<iq")) return type == "get" || type == "set";
  return stanza.starts_with("<message") && type != "error";
}

void append_stanza_error(std::string& out, std::string_view request, std::string_view condition, std::string_view text) {
  std::string_view id;
  std::string_view to;
  std::string_view from;
  xml::attribute_cursor cursor(request);
  while (cursor.next()) {
    const auto& a = cursor.current();
    if (a.name == "id") id = a.whole;
    if (a.name == "to" && !a.value.empty()) to = a.whole;
    if (a.name == "from") from = a.whole;
  }
  // A prefix is a matter of the request's own declarations; the answer stands in the default namespace.
  std::string_view name = cursor.name();
  name.remove_prefix(name.find(':') + 1);

  out += '<';
  out += name;
  out += " type='error'";
  if (!id.empty()) (out += ' ') += id;
  // The values are copied with their quotes: they are attributes of well-formed XML already, whichever quote they use.
  if (!to.empty()) (out += " from") += to.substr(2);
  if (!from.empty()) (out += " to") += from.substr(4);
  out += '>';
  append_error_element(out, condition, text);
  out += "</";
  out += name;
  out += '>';
}

}  // namespace couplet::stream

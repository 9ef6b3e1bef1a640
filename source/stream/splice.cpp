#include "splice.hpp"

#include "base/text_pool.hpp"
#include "xml/first_tag.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::stream {

namespace {

/// The namespace of an attribute's prefix: declared on the tag itself or on the stream's header, for a first-level element has no
/// other ancestors. True where it is the session control namespace.
bool is_session_control(std::string_view attribute_name, const xml::element_view& stanza,
                        const std::vector<xml::prefix_declaration>& header_prefixes) {
  const auto colon = attribute_name.find(':');
  if (colon == std::string_view::npos) return false;
  const auto prefix = attribute_name.substr(0, colon);
  if (prefix == "xmlns" || prefix == "xml") return false;
  for (xml::attribute_cursor c(stanza.bytes); c.next();) {
    const auto& a = c.current();
    if (!a.name.starts_with("xmlns:") || a.name.substr(6) != prefix) continue;
    std::string scratch;
    return xml::decode_attribute(a.value, scratch) == xml::ns::session_control;
  }
  for (const auto& d : header_prefixes)
    if (d.prefix == prefix) return d.namespace_uri == xml::ns::session_control;
  return false;
}

}  // namespace

void append_stanza(std::string& out, const xml::element_view& stanza, const std::vector<xml::prefix_declaration>& header_prefixes,
                   std::string_view from, bool plain_from, std::string_view language, stanza_tag& tag) {
  out.reserve(out.size() + stanza.bytes.size() + from.size() + 16);
  xml::attribute_cursor cursor(stanza.bytes);
  out += '<';
  out += cursor.name();
  while (cursor.next()) {
    const auto& a = cursor.current();
    if (a.name == "from" || a.name == "xmlns" || is_session_control(a.name, stanza, header_prefixes)) continue;
    if (a.name == "type") tag.type = a.value;
    if (a.name == "id") tag.id = a.value;
    if (a.name == "to") tag.to = a.value;
    if (a.name == "xml:lang") language = {};
    out += ' ';
    out += a.whole;
  }
  if (stanza.uses_header_prefixes) xml::append_header_prefixes(out, stanza, header_prefixes);
  if (!language.empty()) ((out += " xml:lang='") += language) += '\'';
  out += " from='";
  if (plain_from)
    out += from;
  else
    xml::append_attribute_value(out, from);
  out += '\'';
  out += stanza.bytes.substr(cursor.close_begins());
}

void append_request(std::string& out, const xml::element_view& iq, const std::vector<xml::prefix_declaration>& header_prefixes,
                    std::string_view id) {
  xml::attribute_cursor cursor(iq.bytes);
  out += "<iq";
  xml::append_attribute(out, "id", id);
  while (cursor.next()) {
    const auto& a = cursor.current();
    if (a.name == "from" || a.name == "to" || a.name == "id" || a.name == "xmlns" ||
        is_session_control(a.name, iq, header_prefixes))
      continue;
    (out += ' ') += a.whole;
  }
  if (iq.uses_header_prefixes) xml::append_header_prefixes(out, iq, header_prefixes);
  out += iq.bytes.substr(cursor.close_begins());
}

void append_answer(std::string& out, std::string_view iq, std::string_view id_attribute) {
  auto own = base::take_text();
  xml::attribute_cursor cursor(iq);
  own += '<';
  own += cursor.name();
  while (cursor.next()) {
    const auto& a = cursor.current();
    if (a.name == "from" || a.name == "to" || a.name == "id" || a.name == "xmlns") continue;
    (own += ' ') += a.whole;
  }
  if (!id_attribute.empty()) (own += ' ') += id_attribute;
  own += iq.substr(cursor.close_begins());
  xml::append_with_client_namespace(out, own);
  base::give_text(std::move(own));
}

bool may_name_server_namespaces(std::string_view stanza) noexcept {
  // A namespace may be written with character references: "&#" sends such rare stanzas the exact way as well.
  return stanza.find(xml::ns::server) != std::string_view::npos || stanza.find(xml::ns::component) != std::string_view::npos ||
         stanza.find("&#") != std::string_view::npos;
}

}  // namespace couplet::stream

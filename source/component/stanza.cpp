#include "stanza.hpp"

#include <utility>

#include "base/plain_address.hpp"
#include "xml/first_tag.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::component {

namespace {

bool is_content_namespace(std::string_view raw) {
  std::string scratch;
  const auto uri = xml::decode_attribute(raw, scratch);
  return uri == xml::ns::client || uri == xml::ns::server || uri == xml::ns::component;
}

constexpr bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

}  // namespace

stanza_head::stanza_head(std::string_view xml) noexcept {
  xml::attribute_cursor cursor(xml);
  name = cursor.name();
  while (cursor.next()) {
    const auto& a = cursor.current();
    if (a.name == "from") {
      from = a.value;
    } else if (a.name == "to") {
      to = a.value;
    } else if (a.name == "type") {
      type = a.value;
    } else if (a.name == "xmlns") {
      default_namespace = a.value;
      const auto end = static_cast<std::size_t>(a.whole.data() - xml.data()) + a.whole.size();
      auto begin = end - a.whole.size();
      while (begin > 0 && is_blank(xml[begin - 1])) --begin;
      default_namespace_attribute = xml.substr(begin, end - begin);
    }
  }
}

bool stanza_address::read(std::string_view raw) {
  bare_ = domain_ = {};
  if (raw.data() == nullptr) return false;
  if (const auto parts = base::split_plain_address(raw)) {
    bare_ = parts->bare;
    domain_ = parts->domain;
    return true;
  }
  std::string scratch;
  auto prepared = base::jid::parse(xml::decode_attribute(raw, scratch));
  if (!prepared) return false;
  prepared_ = std::move(*prepared);
  bare_ = prepared_.bare();
  domain_ = prepared_.domain();
  return true;
}

bool is_stanza(std::string_view local_name) noexcept {
  return local_name == "message" || local_name == "presence" || local_name == "iq";
}

bool is_answerable(const stanza_head& head) {
  std::string scratch;
  const auto type = head.type.data() == nullptr ? head.type : xml::decode_attribute(head.type, scratch);
  if (type == "error") return false;
  // Of an iq that is neither a request nor an answer nobody waits for an error.
  return head.local_name() != "iq" || type == "get" || type == "set";
}

std::string_view for_others(std::string_view xml, const stanza_head& head, std::string_view from, std::string& scratch) {
  // Of a tag with a prefix the default namespace means what is inside.
  const bool prefixed = head.name.find(':') != std::string_view::npos;
  const bool drops = !prefixed && head.default_namespace.data() != nullptr && is_content_namespace(head.default_namespace);
  if (!drops && head.from.data() != nullptr) return xml;
  const auto name_ends = 1 + head.name.size();
  scratch.assign(xml.substr(0, name_ends));
  if (head.from.data() == nullptr) xml::append_attribute(scratch, "from", from);
  if (!drops) return scratch.append(xml.substr(name_ends));
  const auto begin = static_cast<std::size_t>(head.default_namespace_attribute.data() - xml.data());
  scratch.append(xml.substr(name_ends, begin - name_ends));
  return scratch.append(xml.substr(begin + head.default_namespace_attribute.size()));
}

}  // namespace couplet::component

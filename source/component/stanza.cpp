#include "stanza.hpp"

#include "xml/first_tag.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::component {

namespace {

std::string_view local_name_of(std::string_view xml) {
  auto name = xml::attribute_cursor(xml).name();
  name.remove_prefix(name.find(':') + 1);
  return name;
}

}  // namespace

std::optional<base::jid> address_in(std::string_view xml, std::string_view attribute) {
  const auto raw = xml::find_attribute(xml, attribute);
  if (raw.data() == nullptr) return std::nullopt;
  std::string scratch;
  return base::jid::parse(xml::decode_attribute(raw, scratch));
}

bool has_attribute(std::string_view xml, std::string_view attribute) {
  return xml::find_attribute(xml, attribute).data() != nullptr;
}

bool is_stanza(std::string_view local_name) noexcept {
  return local_name == "message" || local_name == "presence" || local_name == "iq";
}

bool is_answerable(std::string_view xml) {
  std::string scratch;
  const auto raw = xml::find_attribute(xml, "type");
  const auto type = raw.data() == nullptr ? raw : xml::decode_attribute(raw, scratch);
  if (type == "error") return false;
  // Of an iq that is neither a request nor an answer nobody waits for an error.
  return local_name_of(xml) != "iq" || type == "get" || type == "set";
}

void add_from(std::string& xml, std::string_view from) {
  std::string attribute;
  xml::append_attribute(attribute, "from", from);
  xml.insert(1 + xml::attribute_cursor(xml).name().size(), attribute);
}

void drop_content_namespace(std::string& xml) {
  xml::attribute_cursor cursor(xml);
  if (cursor.name().find(':') != std::string_view::npos) return;
  while (cursor.next()) {
    const auto& a = cursor.current();
    if (a.name != "xmlns") continue;
    std::string scratch;
    const auto uri = xml::decode_attribute(a.value, scratch);
    if (uri != xml::ns::client && uri != xml::ns::server && uri != xml::ns::component) return;
    auto begin = static_cast<std::size_t>(a.whole.data() - xml.data());
    const auto end = begin + a.whole.size();
    while (begin > 0 && (xml[begin - 1] == ' ' || xml[begin - 1] == '\t' || xml[begin - 1] == '\n' || xml[begin - 1] == '\r'))
      --begin;
    xml.erase(begin, end - begin);
    return;
  }
}

}  // namespace couplet::component

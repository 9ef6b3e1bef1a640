#include <algorithm>

#include "used_prefixes.hpp"
#include "xml/first_tag.hpp"
#include "xml/names.hpp"
#include "xml/tokenizer.hpp"
#include "xml/writer.hpp"

// What a stanza needs when it leaves the stream it came in.

namespace couplet::xml {
namespace {

bool names_server(std::string_view uri) noexcept {
  return uri == ns::server || uri == ns::component;
}

bool is_declaration(std::string_view attribute_name) noexcept {
  return attribute_name == "xmlns" || attribute_name.starts_with("xmlns:");
}

/// Appends the declarations of one tag, and what lies between them, with the servers' names exchanged. Returns how many bytes the
/// tag has.
std::size_t append_tag(std::string& out, std::string_view tag, std::string& scratch) {
  std::size_t copied = 0;
  attribute_cursor c(tag);
  while (c.next()) {
    const attribute& a = c.current();
    if (!is_declaration(a.name) || !names_server(decode_attribute(a.value, scratch))) continue;
    const auto value_begins = static_cast<std::size_t>(a.value.data() - tag.data());
    out.append(tag, copied, value_begins - copied);
    out += ns::client;
    copied = value_begins + a.value.size();
  }
  out.append(tag, copied, c.tag_size() - copied);
  return c.tag_size();
}

}  // namespace

void append_header_prefixes(std::string& out, const element_view& element, const std::vector<prefix_declaration>& header) {
  if (!element.uses_header_prefixes) return;
  used_prefixes used(header);
  used.look_through(element.bytes);
  std::string name;
  for (std::size_t i = 0; i < header.size(); ++i) {
    if (!used.contains(i)) continue;
    name = "xmlns:";
    name += header[i].prefix;
    if (find_attribute(element.bytes, name).data() != nullptr) continue;
    append_attribute(out, name, names_server(header[i].namespace_uri) ? ns::client : std::string_view{header[i].namespace_uri});
  }
}

void append_with_client_namespace(std::string& out, std::string_view bytes) {
  constexpr std::string_view cdata = "<![CDATA[";
  constexpr std::string_view cdata_end = "]]>";
  std::string scratch;
  while (!bytes.empty()) {
    const std::size_t text = std::min(bytes.find('<'), bytes.size());
    out += bytes.substr(0, text);
    bytes.remove_prefix(text);
    if (bytes.starts_with(cdata)) {
      const std::size_t size = std::min(bytes.find(cdata_end), bytes.size() - cdata_end.size()) + cdata_end.size();
      out += bytes.substr(0, size);
      bytes.remove_prefix(size);
    } else if (!bytes.empty()) {
      bytes.remove_prefix(append_tag(out, bytes, scratch));
    }
  }
}

}  // namespace couplet::xml

#include "tags.hpp"

#include <algorithm>

#include "xml/first_tag.hpp"
#include "xml/names.hpp"

namespace couplet::route {
namespace {

constexpr auto npos = std::string_view::npos;
constexpr std::string_view blanks = " \t\r\n";
constexpr std::string_view cdata_begins = "<![CDATA[";
constexpr std::string_view cdata_ends = "]]>";

/// Behind the '>' of the start tag at `at`; npos where it has none. A '>' inside quotes is no end.
std::size_t start_tag_end(std::string_view bytes, std::size_t at) noexcept {
  for (; at < bytes.size(); ++at) {
    const char c = bytes[at];
    if (c == '>') return at + 1;
    if (c != '\'' && c != '"') continue;
    at = bytes.find(c, at + 1);
    if (at == npos) return npos;
  }
  return npos;
}

std::size_t behind(std::string_view bytes, std::string_view mark, std::size_t from) noexcept {
  const std::size_t at = bytes.find(mark, from);
  return at == npos ? npos : at + mark.size();
}

/// The size of the element whose first tag is known already.
std::size_t size_behind(std::string_view bytes, std::string_view tag) noexcept {
  if (tag.size() < 3 || tag[1] == '/') return 0;
  if (tag[tag.size() - 2] == '/') return tag.size();
  std::size_t depth = 1;
  for (std::size_t at = bytes.find('<', tag.size()); at != npos && at + 1 < bytes.size(); at = bytes.find('<', at)) {
    if (bytes[at + 1] == '!') {
      at = behind(bytes, cdata_ends, at);
    } else if (bytes[at + 1] == '/') {
      at = behind(bytes, ">", at);
      --depth;
    } else {
      at = start_tag_end(bytes, at + 1);
      if (at != npos && bytes[at - 2] != '/') ++depth;
    }
    if (at == npos) return 0;
    if (depth == 0) return at;
  }
  return 0;
}

bool is_stanza_namespace(std::string_view uri) noexcept {
  return uri == xml::ns::client || uri == xml::ns::component || uri == xml::ns::server;
}

/// Whether the first tag of these bytes uses the prefix, and whether it declares it anew.
struct tag_look {
  bool uses = false;
  bool declares = false;
  std::size_t size = 0;
};
tag_look look_for(std::string_view bytes, std::string_view prefix) noexcept {
  tag_look seen;
  xml::attribute_cursor tag(bytes);
  seen.uses = prefix_of(tag.name()) == prefix;
  while (tag.next()) {
    const std::string_view name = tag.current().name;
    if (prefix_of(name) == prefix) seen.uses = true;
    if (declared_prefix(name) == prefix) seen.declares = true;
  }
  seen.size = tag.tag_size();
  return seen;
}

}  // namespace

std::string_view prefix_of(std::string_view qualified_name) noexcept {
  const std::size_t colon = qualified_name.find(':');
  return colon == npos ? std::string_view() : qualified_name.substr(0, colon);
}

std::string_view local_of(std::string_view qualified_name) noexcept {
  const std::size_t colon = qualified_name.find(':');
  return colon == npos ? qualified_name : qualified_name.substr(colon + 1);
}

std::string_view declared_prefix(std::string_view attribute_name) noexcept {
  if (!attribute_name.starts_with("xmlns")) return {};
  if (attribute_name.size() == 5) return attribute_name.substr(5);  // empty, but not null
  return attribute_name[5] == ':' ? attribute_name.substr(6) : std::string_view();
}

std::string_view first_tag(std::string_view bytes) noexcept {
  const std::size_t end = start_tag_end(bytes, 0);
  return end == npos ? std::string_view() : bytes.substr(0, end);
}

std::size_t element_size(std::string_view bytes) noexcept {
  return size_behind(bytes, first_tag(bytes));
}

route_child find_child(std::string_view content) noexcept {
  const std::size_t begin = content.find_first_not_of(blanks);
  if (begin == npos) return {};
  content.remove_prefix(begin);
  if (content.front() != '<' || content.starts_with(cdata_begins)) return {{}, {}, "route with character data beside its child"};
  const std::string_view tag = first_tag(content);
  const std::size_t size = size_behind(content, tag);
  if (size == 0) return {{}, {}, "route whose child has no end"};
  const std::size_t next = content.find_first_not_of(blanks, size);
  if (next == npos) return {content.substr(0, size), tag, nullptr};
  const bool is_element = content[next] == '<' && !content.substr(next).starts_with(cdata_begins);
  return {{}, {}, is_element ? "route with more than one child" : "route with character data beside its child"};
}

bool uses_prefix_inside(std::string_view element, std::string_view prefix) {
  std::string written(prefix);
  written += ':';
  std::size_t at = look_for(element, prefix).size;
  if (element.find(written, at) == npos) return false;  // by far the usual case
  for (at = element.find('<', at); at != npos && at + 1 < element.size(); at = element.find('<', at)) {
    if (element[at + 1] == '!') {
      at = behind(element, cdata_ends, at);
    } else if (element[at + 1] == '/') {
      ++at;
    } else {
      const std::string_view rest = element.substr(at);
      const tag_look seen = look_for(rest, prefix);
      if (seen.uses && !seen.declares) return true;
      // Bound anew: what it holds is no business of the declaration outside.
      at += seen.declares ? std::max<std::size_t>(element_size(rest), 1) : seen.size;
    }
  }
  return false;
}

void adopt_declarations(std::string& element, std::string_view outer_tag) {
  std::string declarations;
  std::string scratch;
  for (xml::attribute_cursor outer(outer_tag); outer.next();) {
    const std::string_view prefix = declared_prefix(outer.current().name);
    if (prefix.data() == nullptr || xml::find_attribute(element, outer.current().name).data() != nullptr) continue;
    const bool needed = prefix.empty() ? !is_stanza_namespace(xml::decode_attribute(outer.current().value, scratch))
                                       : look_for(element, prefix).uses || uses_prefix_inside(element, prefix);
    if (needed) declarations.append(1, ' ').append(outer.current().whole);
  }
  if (!declarations.empty()) element.insert(1 + xml::attribute_cursor(element).name().size(), declarations);
}

}  // namespace couplet::route

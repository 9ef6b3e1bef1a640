#include "xml/children.hpp"

#include <algorithm>
#include <string>

#include "xml/first_tag.hpp"
#include "xml/names.hpp"

namespace couplet::xml {
namespace {

constexpr std::string_view cdata_begins = "<![CDATA[";

/// Behind the '>' of the tag that begins there: an attribute's value may hold one as well.
std::size_t end_of_tag(std::string_view bytes, std::size_t at) noexcept {
  while (at < bytes.size() && bytes[at] != '>') {
    const char c = bytes[at];
    if (c == '\'' || c == '"') at = std::min(bytes.find(c, at + 1), bytes.size() - 1);
    ++at;
  }
  return std::min(at + 1, bytes.size());
}

/// Behind the ']]>' of the section that begins there.
std::size_t end_of_cdata(std::string_view bytes, std::size_t at) noexcept {
  const auto end = bytes.find("]]>", at);
  return end == std::string_view::npos ? bytes.size() : end + 3;
}

bool is_cdata(std::string_view bytes, std::size_t at) noexcept {
  return bytes.substr(at).starts_with(cdata_begins);
}

bool is_end_tag(std::string_view bytes, std::size_t at) noexcept {
  return bytes.substr(at).starts_with("</");
}

bool is_self_closing(std::string_view bytes, std::size_t end) noexcept {
  return end >= 2 && bytes[end - 2] == '/';
}

/// The raw value of the declaration of `prefix` on a tag; a null view: there is none.
std::string_view declaration(std::string_view tag, std::string_view prefix) noexcept {
  for (attribute_cursor a(tag); a.next();) {
    auto name = a.current().name;
    if (!name.starts_with("xmlns")) continue;
    name.remove_prefix(5);
    if (prefix.empty() ? name.empty() : name.starts_with(':') && name.substr(1) == prefix) return a.current().value;
  }
  return {};
}

bool is_content(std::string_view uri) noexcept {
  return uri == ns::client || uri == ns::server || uri == ns::component;
}

/// Behind the element whose first tag ends there.
std::size_t behind_content(std::string_view bytes, std::size_t end) noexcept {
  for (std::size_t depth = is_self_closing(bytes, end) ? 0 : 1; depth != 0;) {
    const auto at = bytes.find('<', end);
    if (at == std::string_view::npos) return bytes.size();
    if (is_cdata(bytes, at)) {
      end = end_of_cdata(bytes, at);
      continue;
    }
    end = end_of_tag(bytes, at);
    if (is_end_tag(bytes, at)) {
      --depth;
    } else if (!is_self_closing(bytes, end)) {
      ++depth;
    }
  }
  return end;
}

}  // namespace

std::size_t element_ends(std::string_view bytes, std::size_t begins) noexcept {
  return behind_content(bytes, end_of_tag(bytes, begins));
}

child_cursor::child_cursor(std::string_view stanza) noexcept : stanza_(stanza), ends_(end_of_tag(stanza, 0)) {
  if (is_self_closing(stanza_, ends_)) ends_ = stanza_.size();
}

bool child_cursor::next() noexcept {
  for (auto at = stanza_.find('<', ends_);; at = stanza_.find('<', ends_)) {
    if (at == std::string_view::npos || is_end_tag(stanza_, at)) {
      content_ends_ = std::min(at, stanza_.size());
      ends_ = stanza_.size();
      return false;
    }
    if (is_cdata(stanza_, at)) {
      ends_ = end_of_cdata(stanza_, at);
      continue;
    }
    begins_ = at;
    ends_ = end_of_tag(stanza_, at);
    break;
  }
  first_tag_ = stanza_.substr(begins_, ends_ - begins_);
  const auto name = first_tag_.substr(1, first_tag_.find_first_of(" \t\r\n/>") - 1);
  const auto colon = name.find(':');
  prefix_ = colon == std::string_view::npos ? std::string_view() : name.substr(0, colon);
  local_name_ = colon == std::string_view::npos ? name : name.substr(colon + 1);
  ends_ = behind_content(stanza_, ends_);
  return true;
}

bool child_cursor::is_in(std::string_view uri) const {
  auto raw = declaration(first_tag_, prefix_);
  if (raw.data() == nullptr) raw = declaration(stanza_, prefix_);
  if (raw.data() == nullptr) return prefix_.empty() && uri == ns::client;
  std::string scratch;
  const auto found = raw.find('&') == std::string_view::npos ? raw : decode_attribute(raw, scratch);
  return found == uri || (uri == ns::client && is_content(found));
}

std::string_view child_cursor::attribute(std::string_view name) const noexcept {
  return find_attribute(first_tag_, name);
}

}  // namespace couplet::xml

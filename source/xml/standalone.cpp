#include "xml/standalone.hpp"

#include <algorithm>
#include <vector>

#include "xml/first_tag.hpp"

namespace couplet::xml {
namespace {

bool declares_namespace(std::string_view name) noexcept {
  return name == "xmlns" || name.starts_with("xmlns:");
}

/// A prefix that stands nowhere in the element is not used by it.
bool may_use(std::string_view element, std::string_view declaration) {
  if (declaration == "xmlns") return true;
  return element.find(std::string(declaration.substr(6)) + ":") != std::string_view::npos;
}

}  // namespace

std::string_view standalone(const tokenizer& t, std::string& scratch) {
  const auto& element = t.element();
  if (!element.uses_header_prefixes) return element.bytes;
  attribute_cursor cursor(element.bytes);
  while (cursor.next()) {
  }
  scratch.assign(element.bytes.substr(0, cursor.close_begins()));
  append_header_prefixes(scratch, element, t.header_namespaces());
  scratch.append(element.bytes.substr(cursor.close_begins()));
  return scratch;
}

std::string stand_alone(std::string_view element, std::initializer_list<std::string_view> around) {
  std::vector<std::string_view> known;
  attribute_cursor own(element);
  while (own.next()) {
    if (declares_namespace(own.current().name)) known.push_back(own.current().name);
  }
  std::string text(element);
  const auto behind_name = 1 + own.name().size();
  for (const auto outer : around) {
    for (attribute_cursor tag(outer); tag.next();) {
      const auto& a = tag.current();
      if (!declares_namespace(a.name) || std::find(known.begin(), known.end(), a.name) != known.end()) continue;
      known.push_back(a.name);
      if (may_use(element, a.name)) text.insert(behind_name, " " + std::string(a.whole));
    }
  }
  return text;
}

}  // namespace couplet::xml

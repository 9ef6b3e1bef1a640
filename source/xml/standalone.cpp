#include "xml/standalone.hpp"

#include "xml/first_tag.hpp"

namespace couplet::xml {

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

}  // namespace couplet::xml

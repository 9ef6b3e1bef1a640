#include "xml/writer.hpp"

#include "characters.hpp"

namespace couplet::xml {
namespace {

std::string_view replacement(char c) noexcept {
  switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '\'': return "&apos;";
    case '"': return "&quot;";
    case '\t': return "&#x9;";
    case '\n': return "&#xA;";
    case '\r': return "&#xD;";
    default: return {};
  }
}

constexpr byte_set special_in_text("&<>\r");
constexpr byte_set special_in_value("&<>'\"\t\n\r");

/// Appends in runs: most texts have nothing to escape and are one copy.
void append_escaped(std::string& out, std::string_view text, const byte_set& special) {
  std::size_t copied = 0;
  for (std::size_t at = special.find(text, 0); at < text.size(); at = special.find(text, copied)) {
    out.append(text, copied, at - copied);
    out += replacement(text[at]);
    copied = at + 1;
  }
  out.append(text, copied);
}

}  // namespace

void append_text(std::string& out, std::string_view text) {
  append_escaped(out, text, special_in_text);
}

void append_attribute_value(std::string& out, std::string_view value) {
  append_escaped(out, value, special_in_value);
}

void append_attribute(std::string& out, std::string_view name, std::string_view value) {
  out += ' ';
  out += name;
  out += "='";
  append_attribute_value(out, value);
  out += '\'';
}

}  // namespace couplet::xml

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace couplet::xml {

/// A reference of a text that was checked already: `code` is the character it stands for, `size` how many bytes it takes, from
/// '&' to ';'. Size 0: these bytes are no reference.
struct reference {
  char32_t code = 0;
  std::size_t size = 0;
};

/// Reads the reference at the start of `bytes`: one of the five entities of XML 1.0 section 4.6, or a character reference
/// (section 4.1) to a character that XML allows. Anything else has size 0.
reference read_reference(std::string_view bytes) noexcept;

/// Whether XML 1.0 section 2.2 allows the character.
constexpr bool is_char(char32_t c) noexcept {
  return c >= 0x20 ? c < 0xD800 || (c > 0xDFFF && c < 0xFFFE) || (c > 0xFFFF && c <= 0x10FFFF) : c == 9 || c == 10 || c == 13;
}

void append_utf8(std::string& out, char32_t code);

}  // namespace couplet::xml

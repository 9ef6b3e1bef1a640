#include "references.hpp"

#include <array>

namespace couplet::xml {
namespace {

struct entity {
  std::string_view written;
  char32_t code;
};

constexpr std::array<entity, 5> entities{{
    {"&amp;", U'&'},
    {"&lt;", U'<'},
    {"&gt;", U'>'},
    {"&apos;", U'\''},
    {"&quot;", U'"'},
}};

/// The digit's value, or 99 where it is none: no base reaches that.
constexpr unsigned digit_value(char c) noexcept {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return 99;
}

reference read_character_reference(std::string_view bytes) noexcept {
  std::size_t at = 2;
  unsigned base = 10;
  if (at < bytes.size() && bytes[at] == 'x') {
    base = 16;
    ++at;
  }
  const std::size_t first_digit = at;
  char32_t code = 0;
  for (; at < bytes.size() && digit_value(bytes[at]) < base; ++at) {
    code = code * base + digit_value(bytes[at]);
    if (code > 0x10FFFF) return {};  // checked at each digit, so that leading zeros are fine and nothing overflows
  }
  if (at == first_digit || at == bytes.size() || bytes[at] != ';' || !is_char(code)) return {};
  return {code, at + 1};
}

}  // namespace

reference read_reference(std::string_view bytes) noexcept {
  if (bytes.starts_with("&#")) return read_character_reference(bytes);
  for (const entity& e : entities)
    if (bytes.starts_with(e.written)) return {e.code, e.written.size()};
  return {};
}

void append_utf8(std::string& out, char32_t code) {
  const auto trail = [&](unsigned shift) { out += static_cast<char>(0x80 | ((code >> shift) & 0x3F)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    trail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    trail(6);
    trail(0);
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    trail(12);
    trail(6);
    trail(0);
  }
}

}  // namespace couplet::xml

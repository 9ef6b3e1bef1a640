#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/byte_set.hpp"

namespace couplet::xml {

/// What a byte means to the scanner; a byte may have several.
enum byte_class : std::uint8_t {
  stops_text = 1,    ///< character data cannot run over it without a look
  stops_double = 2,  ///< the same in a value between "
  stops_single = 4,  ///< the same in a value between '
  is_blank = 8,      ///< white space, XML 1.0 section 2.3
  starts_name = 16,  ///< ASCII only, without the colon
  in_name = 32,      ///< ASCII only, without the colon
  ends_cdata = 64,   ///< a CDATA section cannot run over it without a look
};

constexpr std::array<std::uint8_t, 256> make_byte_classes() {
  std::array<std::uint8_t, 256> t{};
  constexpr std::uint8_t stops_all = stops_text | stops_double | stops_single;
  for (unsigned c = 0; c < 256; ++c)
    if (c < 0x20 || c >= 0x80) t[c] = stops_all | ends_cdata;
  for (unsigned c = 'a'; c <= 'z'; ++c) t[c] = t[c - 'a' + 'A'] = starts_name | in_name;
  for (unsigned c = '0'; c <= '9'; ++c) t[c] = in_name;
  t['_'] = starts_name | in_name;
  t['-'] = t['.'] = in_name;
  t[' '] = is_blank;
  t['\t'] = t['\n'] = t['\r'] = is_blank | stops_double | stops_single;  // in a value they become spaces: noted there
  t['<'] = t['&'] = stops_all;
  t['>'] = stops_text | ends_cdata;
  t['"'] = stops_double;
  t['\''] = stops_single;
  return t;
}

inline constexpr std::array<std::uint8_t, 256> byte_classes = make_byte_classes();

constexpr std::uint8_t class_of(char c) noexcept {
  return byte_classes[static_cast<unsigned char>(c)];
}

using base::byte_set;

/// A character beyond ASCII in UTF-8: its code and how many bytes it has.
struct character {
  char32_t code = 0;
  int size = 0;  ///< 0: cut off by the end, what there is of it is right; -1: no UTF-8, or not allowed in XML
};

/// Decodes the character that begins at `at` with a byte of 0x80 or more. Refuses overlong forms, surrogates, U+FFFE, U+FFFF and
/// what is beyond U+10FFFF, as soon as the byte that decides is there.
inline character decode_character(const char* at, const char* end) noexcept {
  const auto byte = [at](int i) { return static_cast<std::uint8_t>(at[i]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0xC2 || lead > 0xF4) return {0, -1};
  const int size = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  const std::uint8_t low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const std::uint8_t high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  char32_t code = static_cast<char32_t>(lead) & (0x7FU >> size);
  for (int i = 1; i < size; ++i) {
    if (at + i == end) return {};
    if (byte(i) < (i == 1 ? low : 0x80) || byte(i) > (i == 1 ? high : 0xBF)) return {0, -1};
    code = (code << 6) | (byte(i) & 0x3FU);
  }
  if (code == 0xFFFE || code == 0xFFFF) return {0, -1};
  return {code, size};
}

/// Whether a character beyond ASCII may begin a name, or stand in one.
bool begins_name(char32_t c) noexcept;
bool continues_name(char32_t c) noexcept;

}  // namespace couplet::xml

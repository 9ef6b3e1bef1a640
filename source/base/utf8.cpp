#include "base/utf8.hpp"

#include <cstdint>
#include <cstring>

namespace couplet::base {

namespace {

constexpr bool is_continuation(unsigned char c) noexcept {
  return (c & 0xc0U) == 0x80U;
}

/// The length of the well-formed sequence that begins at `p` (RFC 3629 section 4), 0 where there is none. `left` is at least 1.
std::size_t sequence_length(const unsigned char* p, std::size_t left) noexcept {
  const unsigned char lead = p[0];
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const std::size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (left < length) return 0;
  // The second byte alone tells overlong forms, surrogates and what lies above U+10FFFF.
  const unsigned char lowest = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const unsigned char highest = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  if (p[1] < lowest || p[1] > highest) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (!is_continuation(p[i])) return 0;
  }
  return length;
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
  const auto* p = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t left = text.size();
  while (left != 0) {
    if (left >= sizeof(std::uint64_t)) {
      std::uint64_t eight = 0;
      std::memcpy(&eight, p, sizeof eight);
      if ((eight & 0x8080808080808080ULL) == 0) {
        p += sizeof eight;
        left -= sizeof eight;
        continue;
      }
    }
    const auto length = sequence_length(p, left);
    if (length == 0) return false;
    p += length;
    left -= length;
  }
  return true;
}

std::size_t utf8_length(std::string_view text) noexcept {
  return text.empty() ? 0 : sequence_length(reinterpret_cast<const unsigned char*>(text.data()), text.size());
}

}  // namespace couplet::base

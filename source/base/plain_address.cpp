#include "base/plain_address.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace couplet::base {

namespace {

constexpr std::size_t max_part_bytes = 1'023;
constexpr std::size_t max_label_bytes = 63;

enum : std::uint8_t { in_node = 1, in_resource = 2, in_label = 4 };

/// Which parts of an attribute's raw value a character may stand in without any profile changing or refusing it: no references.
constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (unsigned c = 0x20; c < 0x7F; ++c) {
    const char character = static_cast<char>(c);
    std::uint8_t bits = character == '&' ? 0 : in_resource;
    const bool upper = character >= 'A' && character <= 'Z';
    if (!upper && std::string_view(" \"&'/:<>@").find(character) == std::string_view::npos) bits |= in_node;
    const bool letter_or_digit = (character >= 'a' && character <= 'z') || (character >= '0' && character <= '9');
    if (letter_or_digit || character == '-' || character == '_') bits |= in_label;
    classes[c] = bits;
  }
  return classes;
}

constexpr auto classes = make_classes();

bool all_of_class(std::string_view part, std::uint8_t wanted) noexcept {
  return !part.empty() && part.size() <= max_part_bytes && std::all_of(part.begin(), part.end(), [wanted](char c) {
    return (classes[static_cast<unsigned char>(c)] & wanted) != 0;
  });
}

/// Labels of letters, digits, hyphens inside, underscores; no dot at the end.
bool is_plain_domain(std::string_view domain) noexcept {
  if (domain.size() > max_part_bytes) return false;
  std::size_t label = 0;
  char before = '.';
  for (const char c : domain) {
    if (c == '.') {
      if (label == 0 || before == '-') return false;
      label = 0;
    } else {
      if ((classes[static_cast<unsigned char>(c)] & in_label) == 0 || (c == '-' && label == 0)) return false;
      if (++label > max_label_bytes) return false;
    }
    before = c;
  }
  return label != 0 && before != '-';
}

}  // namespace

std::optional<plain_address> split_plain_address(std::string_view raw) noexcept {
  plain_address parts;
  const auto slash = raw.find('/');
  parts.bare = raw.substr(0, slash);
  if (slash != std::string_view::npos) {
    parts.resource = raw.substr(slash + 1);
    if (!all_of_class(parts.resource, in_resource)) return std::nullopt;
  }
  parts.domain = parts.bare;
  if (const auto at = parts.bare.find('@'); at != std::string_view::npos) {
    parts.node = parts.bare.substr(0, at);
    parts.domain = parts.bare.substr(at + 1);
    if (!all_of_class(parts.node, in_node)) return std::nullopt;
  }
  if (!is_plain_domain(parts.domain)) return std::nullopt;
  return parts;
}

}  // namespace couplet::base

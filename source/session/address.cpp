#include "address.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "xml/first_tag.hpp"

namespace couplet::session {
namespace {

constexpr std::size_t max_part_bytes = 1'023;

enum : std::uint8_t { in_node = 1, in_domain = 2, in_resource = 4 };

/// Which parts of an attribute's raw value a character may stand in without any profile changing or refusing it: no references.
constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (unsigned c = 0x20; c < 0x7F; ++c) {
    const char character = static_cast<char>(c);
    std::uint8_t bits = character == '&' ? 0 : in_resource;
    const bool upper = character >= 'A' && character <= 'Z';
    if (!upper && std::string_view(" \"&'/:<>@").find(character) == std::string_view::npos) bits |= in_node;
    const bool letter_or_digit = (character >= 'a' && character <= 'z') || (character >= '0' && character <= '9');
    if (letter_or_digit || character == '.' || character == '-') bits |= in_domain;
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

}  // namespace

bool stanza_address::read_plain(std::string_view text) noexcept {
  const auto slash = text.find('/');
  const auto bare = text.substr(0, slash);
  const auto at = bare.find('@');
  const auto node = at == std::string_view::npos ? std::string_view() : bare.substr(0, at);
  const auto domain = at == std::string_view::npos ? bare : bare.substr(at + 1);
  const auto resource = slash == std::string_view::npos ? std::string_view() : text.substr(slash + 1);
  if (at != std::string_view::npos && !all_of_class(node, in_node)) return false;
  if (slash != std::string_view::npos && !all_of_class(resource, in_resource)) return false;
  if (!all_of_class(domain, in_domain) || domain.front() == '.' || domain.back() == '.') return false;
  bare_ = bare;
  node_ = node;
  domain_ = domain;
  resource_ = resource;
  return true;
}

bool stanza_address::read(std::string_view raw) {
  if (read_plain(raw)) return true;
  bare_ = node_ = domain_ = resource_ = {};
  std::string decoded;
  auto prepared = base::jid::parse(xml::decode_attribute(raw, decoded));
  if (!prepared) return false;
  prepared_ = std::move(*prepared);
  bare_ = prepared_.bare();
  node_ = prepared_.node();
  domain_ = prepared_.domain();
  resource_ = prepared_.resource();
  return true;
}

}  // namespace couplet::session

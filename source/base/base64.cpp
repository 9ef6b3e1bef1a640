#include "base/base64.hpp"

#include <array>
#include <cstdint>

namespace couplet::base {

namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t outside = 0xff;

constexpr std::array<std::uint8_t, 256> make_values() {
  std::array<std::uint8_t, 256> values{};
  for (auto& v : values) v = outside;
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  return values;
}
constexpr auto values = make_values();

/// Three bytes' worth of bits from two to four characters, missing ones as zeros. Nothing where one is not of the alphabet.
std::optional<std::uint32_t> bits_of(std::string_view characters) noexcept {
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const std::uint8_t v = i < characters.size() ? values[static_cast<unsigned char>(characters[i])] : std::uint8_t{0};
    if (v == outside) return std::nullopt;
    bits = bits << 6U | v;
  }
  return bits;
}

char byte_of(std::uint32_t bits, unsigned which) noexcept {
  return static_cast<char>(bits >> (16U - 8U * which) & 0xffU);
}

}  // namespace

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string bytes;
  if (text.empty()) return bytes;
  bytes.reserve(text.size() / 4 * 3);
  const std::size_t padding = text.back() != '=' ? 0U : text[text.size() - 2] != '=' ? 1U : 2U;
  const auto body = text.substr(0, text.size() - padding);
  for (std::size_t at = 0; at < body.size(); at += 4) {
    const auto group = body.substr(at, 4);
    const auto bits = bits_of(group);
    if (!bits) return std::nullopt;
    for (unsigned i = 0; i + 1 < group.size(); ++i) bytes += byte_of(*bits, i);
    // Bits behind the last byte would let two texts stand for the same bytes.
    if (group.size() < 4 && byte_of(*bits, static_cast<unsigned>(group.size()) - 1) != 0) return std::nullopt;
  }
  return bytes;
}

std::string base64_encode(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const auto group = bytes.substr(at, 3);
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i) bits = bits << 8U | (i < group.size() ? static_cast<unsigned char>(group[i]) : 0U);
    for (unsigned i = 0; i < 4; ++i) text += i <= group.size() ? alphabet[bits >> (18U - 6U * i) & 63U] : '=';
  }
  return text;
}

}  // namespace couplet::base

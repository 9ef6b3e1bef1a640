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

std::uint32_t value_of(char c) noexcept {
  return values[static_cast<unsigned char>(c)];
}

/// Three bytes' worth of bits from four characters; above them bits are set where one is not of the alphabet.
std::uint32_t bits_of(const char* four) noexcept {
  const std::uint32_t all = value_of(four[0]) | value_of(four[1]) | value_of(four[2]) | value_of(four[3]);
  return value_of(four[0]) << 18U | value_of(four[1]) << 12U | value_of(four[2]) << 6U | value_of(four[3]) | (all & ~63U) << 24U;
}

/// The first `count` of the three bytes.
void put_bytes(char* to, std::uint32_t bits, std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i) to[i] = static_cast<char>(bits >> (16U - 8U * i) & 0xffU);
}

std::uint32_t bits_of(char first, char second, char third) noexcept {
  const auto number = [](char c) { return std::uint32_t{static_cast<unsigned char>(c)}; };
  return number(first) << 16U | number(second) << 8U | number(third);
}

/// The first `count` of the four characters that three bytes' worth of bits make.
void put_characters(char* to, std::uint32_t bits, std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i) to[i] = alphabet[bits >> (18U - 6U * i) & 63U];
}

}  // namespace

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  if (text.empty()) return std::string();
  const std::size_t padding = text.back() != '=' ? 0U : text[text.size() - 2] != '=' ? 1U : 2U;
  std::string bytes(text.size() / 4 * 3 - padding, '\0');
  char* to = bytes.data();
  std::uint32_t outside_bits = 0;
  const char* const last = text.data() + text.size() - 4;
  for (const char* at = text.data(); at != last; at += 4, to += 3) {
    const auto bits = bits_of(at);
    outside_bits |= bits >> 24U;
    put_bytes(to, bits, 3);
  }
  const char four[] = {last[0], last[1], padding > 1 ? 'A' : last[2], padding > 0 ? 'A' : last[3]};
  const auto bits = bits_of(four);
  // Bits behind the last byte would let two texts stand for the same bytes.
  const std::uint32_t behind = bits & ((1U << 8U * padding) - 1U);
  if ((outside_bits | bits >> 24U | behind) != 0) return std::nullopt;
  put_bytes(to, bits, 3 - padding);
  return bytes;
}

std::string base64_encode(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4, '=');
  char* to = text.data();
  while (bytes.size() >= 3) {
    put_characters(to, bits_of(bytes[0], bytes[1], bytes[2]), 4);
    to += 4;
    bytes.remove_prefix(3);
  }
  if (!bytes.empty()) put_characters(to, bits_of(bytes[0], bytes.size() == 2 ? bytes[1] : '\0', '\0'), bytes.size() + 1);
  return text;
}

}  // namespace couplet::base

#include "crc32c.hpp"

#include <array>

namespace couplet::net {

namespace {

/// The polynomial, its lowest power first.
constexpr std::uint32_t polynomial = 0x82f63b78U;

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t rest = byte;
    for (int bit = 0; bit < 8; ++bit) rest = (rest >> 1U) ^ ((rest & 1U) != 0 ? polynomial : 0U);
    table[byte] = rest;
  }
  return table;
}
constexpr auto table_of_bytes = make_table();

}  // namespace

std::uint32_t crc32c(std::string_view bytes) noexcept {
  std::uint32_t sum = 0xffffffffU;
  for (const char c : bytes) sum = (sum >> 8U) ^ table_of_bytes[(sum ^ static_cast<unsigned char>(c)) & 0xffU];
  return ~sum;
}

}  // namespace couplet::net

// Version 2 of the PROXY protocol: 16 bytes, a pair of addresses, TLVs.

#include "proxy_versions.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "crc32c.hpp"

namespace couplet::net {

namespace {

constexpr unsigned command_local = 0;
constexpr unsigned command_proxy = 1;
constexpr unsigned family_unspecified = 0;
constexpr unsigned family_four = 1;
constexpr unsigned family_six = 2;
constexpr unsigned family_unix = 3;
constexpr unsigned protocol_unspecified = 0;
constexpr unsigned protocol_stream = 1;
constexpr unsigned protocol_datagram = 2;

constexpr std::size_t tlv_head_bytes = 3;
constexpr unsigned type_crc32c = 3;

unsigned at(std::string_view bytes, std::size_t place) noexcept {
  return static_cast<unsigned char>(bytes[place]);
}
unsigned two_at(std::string_view bytes, std::size_t place) noexcept {
  return at(bytes, place) << 8U | at(bytes, place + 1);
}

unsigned command_of(std::string_view head) noexcept {
  return at(head, 12) & 15U;
}
unsigned family_of(std::string_view head) noexcept {
  return at(head, 13) >> 4U;
}
unsigned transport_of(std::string_view head) noexcept {
  return at(head, 13) & 15U;
}

/// Of both addresses and their ports.
std::size_t address_bytes(unsigned family) noexcept {
  return family == family_four ? 12 : family == family_six ? 36 : family == family_unix ? 216 : 0;
}

template <std::size_t size>
std::array<unsigned char, size> copy(std::string_view bytes) noexcept {
  std::array<unsigned char, size> out{};
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<unsigned char>(bytes[i]);
  return out;
}

/// Whether the checksum, whose value stands at `place`, is that of the block with zeros in its place.
bool checksum_fits(std::string_view block, std::size_t place) {
  std::string zeroed(block);
  std::fill_n(zeroed.begin() + static_cast<std::ptrdiff_t>(place), 4, '\0');
  return crc32c(zeroed) == (two_at(block, place) << 16U | two_at(block, place + 2));
}

/// Those of no interest are stepped over.
std::string_view check_tlvs(std::string_view block, std::size_t place) {
  bool checked = false;
  while (place < block.size()) {
    if (block.size() - place < tlv_head_bytes) return "a TLV of a PROXY header is cut off";
    const auto type = at(block, place);
    const std::size_t size = two_at(block, place + 1);
    place += tlv_head_bytes;
    if (size > block.size() - place) return "a TLV of a PROXY header is cut off";
    if (type == type_crc32c) {
      if (std::exchange(checked, true) || size != 4 || !checksum_fits(block, place))
        return "the checksum of a PROXY header is wrong";
    }
    place += size;
  }
  return {};
}

}  // namespace

std::string_view check_block_head(std::string_view head) noexcept {
  if (at(head, 12) >> 4U != 2) return "the version of a PROXY header is unknown";
  const auto command = command_of(head);
  if (command != command_local && command != command_proxy) return "the command of a PROXY header is unknown";
  if (head.size() < 14) return {};
  // LOCAL has a family that does not matter.
  if (command == command_proxy && (family_of(head) > family_unix || transport_of(head) > protocol_datagram)) {
    return "the family of a PROXY header is unknown";
  }
  if (head.size() < block_head_bytes) return {};
  if (block_bytes(head) > proxy_header::max_bytes) return "a PROXY header is too long";
  const bool has_address = command == command_proxy && transport_of(head) != protocol_unspecified;
  if (has_address && two_at(head, 14) < address_bytes(family_of(head))) return "the addresses of a PROXY header are cut off";
  return {};
}

std::size_t block_bytes(std::string_view head) noexcept {
  return block_head_bytes + two_at(head, 14);
}

std::string_view read_proxy_block(std::string_view block, proxied& out) {
  if (command_of(block) == command_local) return {};
  out.whose = proxied::origin::unknown;
  const auto family = family_of(block);
  // Nobody says of what kind the bytes behind the head are then.
  if (family == family_unspecified || transport_of(block) == protocol_unspecified) return {};
  const auto wrong = check_tlvs(block, block_head_bytes + address_bytes(family));
  if (!wrong.empty() || transport_of(block) != protocol_stream || family == family_unix) return wrong;
  const auto addresses = block.substr(block_head_bytes);
  out.whose = proxied::origin::client;
  if (family == family_four) {
    out.address.emplace(copy<4>(addresses));
    out.port = static_cast<std::uint16_t>(two_at(addresses, 8));
  } else {
    out.address.emplace(copy<16>(addresses));
    out.port = static_cast<std::uint16_t>(two_at(addresses, 32));
  }
  return {};
}

}  // namespace couplet::net

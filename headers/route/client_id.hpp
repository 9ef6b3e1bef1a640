#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace couplet::route {

/// Names one client connection of this process: shard, seat in the shard's table, and the generation of that seat, so
/// that a late route for a connection that is gone reaches nobody else. Generation 0 names nobody.
struct client_id {
  std::uint8_t shard = 0;
  std::uint32_t slot = 0;  ///< 24 bits
  std::uint32_t generation = 0;

  constexpr std::uint64_t packed() const noexcept {
    return (std::uint64_t{shard} << 56U) | (std::uint64_t{slot & 0xFFFFFFU} << 32U) | generation;
  }
  static constexpr client_id unpack(std::uint64_t handle) noexcept {
    return {static_cast<std::uint8_t>(handle >> 56U), static_cast<std::uint32_t>((handle >> 32U) & 0xFFFFFFU),
            static_cast<std::uint32_t>(handle & 0xFFFFFFFFU)};
  }
  friend bool operator==(const client_id&, const client_id&) = default;
};

/// The text forms on the wire. A c2s id is a JID NODE@SERVICE with NODE = 8 hex digits that tell this run of the program
/// from any other, then 16 of the packed id; a session address is USER@HOST/HEX16.
std::string client_node(std::uint32_t run, std::uint64_t handle);
/// The same behind what is there already.
void append_client_node(std::string& out, std::uint32_t run, std::uint64_t handle);
/// The handle in such a node; nothing where it is malformed, of another run, or names nobody (generation 0). Lower case only.
std::optional<std::uint64_t> parse_client_node(std::string_view node, std::uint32_t run);

/// 16 hex digits, lower case; the reverse: nothing where it is anything else.
std::string hex16(std::uint64_t handle);
void append_hex16(std::string& out, std::uint64_t handle);
std::optional<std::uint64_t> parse_hex16(std::string_view text);

}  // namespace couplet::route

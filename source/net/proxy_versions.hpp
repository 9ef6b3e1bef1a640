#pragma once

#include <cstddef>
#include <string_view>

#include "net/proxy_header.hpp"

namespace couplet::net {

// The two versions of the header, when all of it is there. Each answers what was wrong, as a constant; empty: nothing, and `out`
// is set.

/// Version 1: the line with its CRLF, which begins with "PROXY ".
std::string_view read_proxy_line(std::string_view line, proxied& out);

/// Version 2: 16 bytes and as many as they announce; check_block_head() has found nothing.
std::string_view read_proxy_block(std::string_view block, proxied& out);

/// The bytes of a version 2 header that every one of them begins with: signature, command, family, length.
inline constexpr std::size_t block_head_bytes = 16;

/// What is wrong with the first 13 to 16 bytes, the signature aside.
std::string_view check_block_head(std::string_view head) noexcept;

/// The length of the whole header, from its first 16 bytes.
std::size_t block_bytes(std::string_view head) noexcept;

}  // namespace couplet::net

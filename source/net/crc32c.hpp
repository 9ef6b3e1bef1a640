#pragma once

#include <cstdint>
#include <string_view>

namespace couplet::net {

/// The checksum of Castagnoli (RFC 4960 appendix B), as a number.
std::uint32_t crc32c(std::string_view bytes) noexcept;

}  // namespace couplet::net

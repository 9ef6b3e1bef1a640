#pragma once

#include <cstddef>
#include <string_view>

namespace couplet::base {

/// Whether the bytes are UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text) noexcept;

/// The length in bytes (1 to 4) of the well-formed character `text` begins with; 0 where it begins with none.
std::size_t utf8_length(std::string_view text) noexcept;

}  // namespace couplet::base

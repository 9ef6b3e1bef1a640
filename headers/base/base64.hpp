#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace couplet::base {

/// RFC 4648 section 4, strict as RFC 6120 section 6.4.2 asks: padding required, no white space, no
/// characters outside the alphabet, no bits set behind the last byte. Nothing: not valid.
std::optional<std::string> base64_decode(std::string_view text);

/// The reverse: padded, in one line. The server only decodes; its tests write what it reads.
std::string base64_encode(std::string_view bytes);

}  // namespace couplet::base

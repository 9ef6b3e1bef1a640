#pragma once

#include <string_view>

#include "xml/tokenizer.hpp"

namespace couplet::xml {

/// Checks a whole XML declaration, from "<?xml" to "?>" (XML 1.0 section 2.8): version 1.0, encoding UTF-8 or not named.
/// fault::none, not_well_formed, or unsupported_encoding.
fault check_declaration(std::string_view bytes) noexcept;

}  // namespace couplet::xml

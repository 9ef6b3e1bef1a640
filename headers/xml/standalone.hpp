#pragma once

#include <string>
#include <string_view>

#include "xml/tokenizer.hpp"

namespace couplet::xml {

/// The bytes of the tokenizer's current element as they can stand outside of its stream: where the element uses prefixes that
/// only the stream's header declares, the declarations are put into its first tag, in `scratch`. Otherwise, and at no cost, the
/// element's own bytes.
std::string_view standalone(const tokenizer& t, std::string& scratch);

}  // namespace couplet::xml

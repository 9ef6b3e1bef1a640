#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "xml/tokenizer.hpp"

namespace couplet::xml {

/// The bytes of the tokenizer's current element as they can stand outside of its stream: where the element uses prefixes that
/// only the stream's header declares, the declarations are put into its first tag, in `scratch`. Otherwise, and at no cost, the
/// element's own bytes.
std::string_view standalone(const tokenizer& t, std::string& scratch);

/// The bytes of an element as they can stand anywhere: what elements around it declare, and it may use, is declared in its own first tag.
/// `around`: the bytes of those, from the inside out; all of it checked by a tokenizer.
std::string stand_alone(std::string_view element, std::initializer_list<std::string_view> around);

}  // namespace couplet::xml

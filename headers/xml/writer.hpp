#pragma once

#include <string>
#include <string_view>

namespace couplet::xml {

/// Appends character data: & < > as references, CR as &#xD; (it would arrive as LF).
void append_text(std::string& out, std::string_view text);

/// Appends the inside of an attribute value, for either quote: & < > ' " as references, and TAB, LF, CR as character
/// references, which would arrive as spaces otherwise.
void append_attribute_value(std::string& out, std::string_view value);

/// Appends ` name='value'`, escaped.
void append_attribute(std::string& out, std::string_view name, std::string_view value);

}  // namespace couplet::xml

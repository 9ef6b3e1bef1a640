#pragma once

#include <string>
#include <string_view>

#include "sasl/verdict.hpp"

namespace couplet::sasl {

/// The message of ANONYMOUS (RFC 4505 section 2): up to 255 characters that a client may leave as a trace, mostly none. It means nothing
/// and serves for nothing but the log (XEP-0175 section 3), which escapes it.
verdict check_trace(std::string_view trace) noexcept;

/// The node of an account that lives as long as its session: a random UUID (RFC 4122, version 4), 122 bits.
std::string anonymous_node();

}  // namespace couplet::sasl

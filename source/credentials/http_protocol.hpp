#pragma once

#include <string>
#include <string_view>

#include "blocking_source.hpp"
#include "sasl/credentials.hpp"

namespace couplet::credentials {

/// The body of the question; nothing of the password stays anywhere else.
std::string http_form(const sasl::question& q);

/// What an answer means, see http_source.hpp.
finding judge_http(long status, std::string_view body);

/// No body that means something is longer.
inline constexpr std::size_t longest_body = 64;

}  // namespace couplet::credentials

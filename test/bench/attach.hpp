#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "login.hpp"

namespace couplet::bench {

/// Component number n of a stand with components.
[[nodiscard]] std::string component_name(std::size_t n);
/// Somebody there, as long as an address of a user.
[[nodiscard]] std::string component_address(std::size_t n);
/// Of all components of a stand.
inline constexpr std::string_view component_secret = "a secret of the benchmark";

/// Attaches components 0 .. count - 1 (XEP-0114: header, handshake, answer), one after the other. A client's JID is the component_address().
/// Throws std::runtime_error with what the server answered instead.
[[nodiscard]] std::vector<client> attach_components(const site& where, std::size_t count);

}  // namespace couplet::bench

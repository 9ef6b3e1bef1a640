#pragma once

#include <string_view>

namespace couplet::base {

/// The domain of an address as it stands on the wire, [node@]domain[/resource], without preparing or checking it.
constexpr std::string_view domain_part(std::string_view address) noexcept {
  const auto bare = address.substr(0, address.find('/'));
  const auto at = bare.find('@');
  return at == std::string_view::npos ? bare : bare.substr(at + 1);
}

/// The node of such an address; empty where there is none.
constexpr std::string_view node_part(std::string_view address) noexcept {
  const auto bare = address.substr(0, address.find('/'));
  const auto at = bare.find('@');
  return at == std::string_view::npos ? std::string_view() : bare.substr(0, at);
}

}  // namespace couplet::base

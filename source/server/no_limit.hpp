#pragma once

#include <cstddef>
#include <limits>

namespace couplet::server {

/// Of a setting whose 0 means that there is none.
inline std::size_t no_limit_where_0(std::size_t limit) noexcept {
  return limit != 0 ? limit : std::numeric_limits<std::size_t>::max();
}

}  // namespace couplet::server

#pragma once

#include <cstdint>

namespace couplet::link {

/// What becomes of clients where there are several session managers.
enum class policy : std::uint8_t {
  failover,  ///< one of them has all clients; see rotation
  spread     ///< each has its share; see assignment
};

}  // namespace couplet::link

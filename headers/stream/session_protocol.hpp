#pragma once

#include <cstdint>

namespace couplet::stream {

/// How sessions are asked for at an outside session manager (etc/PROTOCOL.md, 5 and 9). Either manager takes our word for who logged in, so
/// this restricts no mechanism: those depend on who checks logins alone.
enum class session_protocol : std::uint8_t {
  automatic,  ///< by session control after a login that we checked ourselves, otherwise by a session route
  route,      ///< always by a session route: the first generation
  control     ///< always by session control (sc): the second
};

}  // namespace couplet::stream

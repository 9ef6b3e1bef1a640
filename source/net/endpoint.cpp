#include "net/endpoint.hpp"

namespace couplet::net {

std::string to_text(const endpoint& e) {
  if (e.is_unix()) return "unix:" + e.path;
  const bool six = e.host.find(':') != std::string::npos;
  return (six ? "[" + e.host + "]" : e.host) + ":" + std::to_string(e.port);
}

}  // namespace couplet::net

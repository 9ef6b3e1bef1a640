#include "net/peer.hpp"

#include "base/ip_network.hpp"

namespace couplet::net {

std::string peer::rate_key() const {
  const auto ip = base::ip_address::parse(address);
  if (!ip || ip->is_v4()) return address;
  return std::string(reinterpret_cast<const char*>(ip->all().data()), 8);
}

}  // namespace couplet::net

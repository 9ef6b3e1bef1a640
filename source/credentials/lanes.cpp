#include "credentials/lanes.hpp"

#include "base/random.hpp"
#include "net/listener.hpp"

namespace couplet::credentials {

lanes::lanes() : key_{base::random_u64(), base::random_u64()} {}

std::uint64_t lanes::of(const sasl::question& q) const {
  if (q.client_address.empty()) return base::sip_hash(key_, q.who.bare());
  net::peer client;
  client.address = q.client_address;
  return base::sip_hash(key_, client.rate_key());
}

}  // namespace couplet::credentials

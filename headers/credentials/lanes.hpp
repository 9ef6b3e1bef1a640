#pragma once

#include <cstdint>

#include "base/sip_hash.hpp"
#include "sasl/credentials.hpp"

namespace couplet::credentials {

/// On whose behalf a question waits for a thread (net::workers): of a client's address, an IPv6 one by its network, so that who floods stands
/// in his own way only; of the account where no address is known. Any thread may ask.
class lanes {
 public:
  lanes();
  std::uint64_t of(const sasl::question& q) const;

 private:
  base::sip_key key_;
};

}  // namespace couplet::credentials

#include <algorithm>

#include "base/jid.hpp"
#include "domain_names.hpp"
#include "tls/engine.hpp"

namespace couplet::tls {

bool client_identity::speaks_for(std::string_view domain) const {
  const auto ascii = ascii_domain(domain);
  if (!verified || ascii.empty() || ascii.find('*') != std::string::npos) return false;
  if (std::any_of(dns_names.begin(), dns_names.end(), [&](const std::string& name) { return ascii_domain(name) == ascii; }))
    return true;
  return std::any_of(xmpp_addrs.begin(), xmpp_addrs.end(), [&](const std::string& address) {
    const auto prepared = base::jid::parse(address);
    return prepared && prepared->full() == domain;
  });
}

}  // namespace couplet::tls

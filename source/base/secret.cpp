#include "base/secret.hpp"

#include <string.h>

namespace couplet::base {

void wipe(std::string& secret) noexcept {
  secret.resize(secret.capacity());  // allocates nothing
  explicit_bzero(secret.data(), secret.size());
  secret.clear();
}

}  // namespace couplet::base

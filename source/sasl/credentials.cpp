#include "sasl/credentials.hpp"

#include "base/secret.hpp"

namespace couplet::sasl {

question::~question() {
  base::wipe(password);
}

}  // namespace couplet::sasl

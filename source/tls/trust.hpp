#pragma once

#include <string>

#include "library.hpp"

namespace couplet::tls {

/// Has the library believe these authorities' certificates. False: it does not take one of them.
bool trust(WOLFSSL_CTX* context, const std::string& pem);

}  // namespace couplet::tls

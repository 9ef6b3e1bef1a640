#include "base/tls_library.hpp"

#include <doctest/doctest.h>
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include <string>

using namespace couplet;

TEST_CASE("the TLS library: what --version says, the headers and what is linked are of one release") {
  const std::string name(base::tls_library());
  CHECK(name.find("wolfSSL " LIBWOLFSSL_VERSION_STRING) == 0);
  CHECK(std::string(wolfSSL_lib_version()) == LIBWOLFSSL_VERSION_STRING);
  const auto kind = name.substr(name.rfind(", "));
#ifdef WOLFSSL_USER_SETTINGS
  CHECK(kind == ", bundled");
#else
  CHECK(kind == ", system");
#endif
}

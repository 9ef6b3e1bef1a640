#pragma once

#include <string_view>

namespace couplet::base {

/// Which TLS library is inside, for --version: "wolfSSL 5.5.4-2+deb12u3, bundled" or "wolfSSL 5.5.4, system". The bundled one's version
/// is that of Debian's source package, whose last part counts the security fixes.
std::string_view tls_library() noexcept;

}  // namespace couplet::base

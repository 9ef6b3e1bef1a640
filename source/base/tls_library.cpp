#include "base/tls_library.hpp"

namespace couplet::base {

std::string_view tls_library() noexcept {
  return COUPLET_TLS_LIBRARY;  // from meson, which chose it
}

}  // namespace couplet::base

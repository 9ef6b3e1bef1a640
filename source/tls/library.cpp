#include "library.hpp"
// After the library's options.
#include <string.h>
#include <wolfssl/wolfcrypt/ecc.h>

#include <mutex>
#include <stdexcept>

#include "base/random.hpp"
#include "tls/context.hpp"

namespace couplet::tls {

void start_library() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (wolfSSL_Init() != WOLFSSL_SUCCESS) throw std::runtime_error("wolfSSL can't be started");
  });
}

void leave_thread() noexcept {
#ifdef FP_ECC
  wc_ecc_fp_free();
#endif
}

void wipe(void* memory, std::size_t size) noexcept {
  explicit_bzero(memory, size);
}

void fill_random(unsigned char* memory, std::size_t size) {
  base::fill_random(memory, size);
}

}  // namespace couplet::tls

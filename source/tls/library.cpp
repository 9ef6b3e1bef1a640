#include "library.hpp"
// After the library's options.
#include <string.h>
#include <wolfssl/wolfcrypt/ecc.h>

#include <algorithm>
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
  while (size != 0) {
    const auto number = base::random_u64();
    const auto now = std::min(size, sizeof number);
    std::copy_n(reinterpret_cast<const unsigned char*>(&number), now, memory);
    memory += now;
    size -= now;
  }
}

}  // namespace couplet::tls

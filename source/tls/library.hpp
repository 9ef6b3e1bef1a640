#pragma once

// The options come first: they decide the layout of everything that follows.
#include <wolfssl/options.h>
// And what they decide on.
#include <wolfssl/error-ssl.h>
#include <wolfssl/ssl.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace couplet::tls {

/// Sets the library up, once for the process; any thread, as often as one likes. Throws std::runtime_error where it can't.
void start_library();

/// Overwrites what is secret before its memory is used for something else. Not optimised away.
void wipe(void* memory, std::size_t size) noexcept;
inline void wipe(std::string& text) noexcept {
  wipe(text.data(), text.size());
  text.clear();
}

/// Bytes from the kernel's generator.
void fill_random(unsigned char* memory, std::size_t size);

struct free_context {
  void operator()(WOLFSSL_CTX* c) const noexcept { wolfSSL_CTX_free(c); }
};
using context_ptr = std::unique_ptr<WOLFSSL_CTX, free_context>;

/// The bytes of a text as the library wants them.
inline const unsigned char* bytes_of(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}
inline unsigned char* bytes_of(std::string& text) noexcept {
  return reinterpret_cast<unsigned char*>(text.data());
}

}  // namespace couplet::tls

#include "library.hpp"
// After the library's options.
#include <wolfssl/wolfcrypt/asn_public.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/random.h>

#include <array>
#include <stdexcept>

#include "issue.hpp"
#include "pem.hpp"
#include "x509.hpp"

namespace couplet::tls {

namespace {

constexpr int key_bytes = 32;

void check(int code, const char* what) {
  if (code < 0) throw std::runtime_error(std::string(what) + " failed in wolfCrypt, code " + std::to_string(code));
}

/// The library's generator, seeded by the kernel.
class generator {
 public:
  generator() { check(wc_InitRng(&rng_), "starting the random number generator"); }
  ~generator() { wc_FreeRng(&rng_); }
  generator(const generator&) = delete;
  generator& operator=(const generator&) = delete;
  WC_RNG* get() noexcept { return &rng_; }

 private:
  WC_RNG rng_{};
};

}  // namespace

signing_key::signing_key() : key_(std::make_unique<ecc_key>()) {
  start_library();
  generator random;
  check(wc_ecc_init(key_.get()), "preparing a key");
  const int code = wc_ecc_make_key_ex(random.get(), key_bytes, key_.get(), ECC_SECP256R1);
  if (code < 0) wc_ecc_free(key_.get());
  check(code, "making a key");
}

signing_key::~signing_key() {
  wc_ecc_free(key_.get());  // wipes it
}

std::string signing_key::public_der() const {
  std::array<unsigned char, 256> der{};
  const int size = wc_EccPublicKeyToDer(key_.get(), der.data(), der.size(), 1);
  check(size, "writing a public key");
  return {reinterpret_cast<const char*>(der.data()), static_cast<std::size_t>(size)};
}

std::string signing_key::private_pem() const {
  std::array<unsigned char, 512> der{};
  auto size = static_cast<word32>(der.size());
  const int code = wc_EccKeyToPKCS8(key_.get(), der.data(), &size);
  check(code, "writing a key");
  auto pem = write_pem("PRIVATE KEY", {reinterpret_cast<const char*>(der.data()), size});
  wipe(der.data(), der.size());
  return pem;
}

std::string signing_key::sign(std::string_view message) const {
  const auto digest = sha256(message);
  std::array<unsigned char, ECC_MAX_SIG_SIZE> signature{};
  auto size = static_cast<word32>(signature.size());
  generator random;
  check(wc_ecc_sign_hash(bytes_of(digest), static_cast<word32>(digest.size()), signature.data(), &size, random.get(), key_.get()),
        "signing");
  return {reinterpret_cast<const char*>(signature.data()), size};
}

}  // namespace couplet::tls

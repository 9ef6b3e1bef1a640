#include "content.hpp"
// After the library's options.
#include <wolfssl/wolfcrypt/asn_public.h>
#include <wolfssl/wolfcrypt/ecc.h>

#include <array>

#include "pem.hpp"

namespace couplet::tls {

namespace {

class ecdsa_key {
 public:
  ecdsa_key() noexcept { good_ = wc_ecc_init(&key_) == 0; }
  ~ecdsa_key() { wc_ecc_free(&key_); }
  ecdsa_key(const ecdsa_key&) = delete;
  ecdsa_key& operator=(const ecdsa_key&) = delete;

  /// SEC 1 or PKCS #8. False: the key is of another kind.
  bool read(std::string_view der) noexcept {
    word32 at = 0;
    return good_ && wc_EccPrivateKeyDecode(bytes_of(der), &at, &key_, static_cast<word32>(der.size())) == 0;
  }
  /// The point that belongs to it, calculated and not taken from the file; empty: it can't be.
  std::string point() noexcept {
    std::array<unsigned char, 2 * MAX_ECC_BYTES + 1> bytes{};
    auto size = static_cast<word32>(bytes.size());
    if (wc_ecc_make_pub(&key_, nullptr) != 0 || wc_ecc_export_x963(&key_, bytes.data(), &size) != 0) return {};
    return {reinterpret_cast<const char*>(bytes.data()), size};
  }

 private:
  ecc_key key_{};
  bool good_ = false;
};

}  // namespace

bool is_own_ecdsa_key(const certificate::content& what) {
  const auto blocks = read_pem(what.key_pem);
  if (blocks.empty()) return false;
  auto der = decode_pem(blocks.front());
  ecdsa_key key;
  const bool is_ecdsa = key.read(der);
  wipe(der);
  return !is_ecdsa || key.point() == what.key_bits;
}

}  // namespace couplet::tls

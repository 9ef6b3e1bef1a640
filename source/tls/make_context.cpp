#include <new>

#include "content.hpp"

namespace couplet::tls {

namespace {

constexpr short min_rsa_bits = 2048;
constexpr short min_ecc_bits = 256;

bool is_too_weak(int code) {
  return code == RSA_KEY_SIZE_E || code == ECC_KEY_SIZE_E;
}

}  // namespace

context_ptr make_context(const certificate::content& what, std::string& why) {
  start_library();
  context_ptr made(wolfSSL_CTX_new(wolfSSLv23_server_method()));
  if (!made) throw std::bad_alloc();
  wolfSSL_CTX_SetMinRsaKey_Sz(made.get(), min_rsa_bits);
  wolfSSL_CTX_SetMinEccKey_Sz(made.get(), min_ecc_bits);
  const auto& chain = what.chain_pem;
  const auto& key = what.key_pem;
  int code = wolfSSL_CTX_use_certificate_chain_buffer(made.get(), bytes_of(chain), static_cast<long>(chain.size()));
  if (code != WOLFSSL_SUCCESS) {
    why = what.file + (is_too_weak(code) ? " has a certificate with a key that is too weak: RSA from 2048, ECDSA from 256 bits"
                                         : " has a certificate that can't be used");
    return nullptr;
  }
  code = wolfSSL_CTX_use_PrivateKey_buffer(made.get(), bytes_of(key), static_cast<long>(key.size()), WOLFSSL_FILETYPE_PEM);
  if (code != WOLFSSL_SUCCESS) {
    why = what.key_file + (is_too_weak(code) ? " has a key that is too weak: RSA from 2048, ECDSA from 256 bits"
                                             : " has a private key that can't be used");
    return nullptr;
  }
  if (wolfSSL_CTX_check_private_key(made.get()) != WOLFSSL_SUCCESS || !is_own_ecdsa_key(what)) {
    why = what.key_file + " has the key of another certificate than " + what.file;
    return nullptr;
  }
  return made;
}

}  // namespace couplet::tls

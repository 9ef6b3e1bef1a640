#include "library.hpp"
// After the library's options.
#include <wolfssl/wolfcrypt/hash.h>

#include <stdexcept>

#include "x509.hpp"

namespace couplet::tls {

namespace {

std::string hash_with(wc_HashType type, std::string_view bytes) {
  std::string digest(static_cast<std::size_t>(wc_HashGetDigestSize(type)), '\0');
  const auto failed =
      wc_Hash(type, bytes_of(bytes), static_cast<word32>(bytes.size()), bytes_of(digest), static_cast<word32>(digest.size()));
  if (failed != 0) throw std::runtime_error("a hash failed in wolfCrypt, code " + std::to_string(failed));
  return digest;
}

}  // namespace

std::string end_point_hash(std::string_view der, signature_hash hash) {
  switch (hash) {
    case signature_hash::none: return {};
    case signature_hash::md5:
    case signature_hash::sha1:
    case signature_hash::sha256: return hash_with(WC_HASH_TYPE_SHA256, der);
    case signature_hash::sha224: return hash_with(WC_HASH_TYPE_SHA224, der);
    case signature_hash::sha384: return hash_with(WC_HASH_TYPE_SHA384, der);
    case signature_hash::sha512: return hash_with(WC_HASH_TYPE_SHA512, der);
  }
  return {};
}

std::string sha256(std::string_view bytes) {
  return hash_with(WC_HASH_TYPE_SHA256, bytes);
}

}  // namespace couplet::tls

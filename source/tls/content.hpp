#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "library.hpp"
#include "tls/certificate.hpp"

namespace couplet::tls {

/// What a certificate holds.
struct certificate::content {
  content() = default;
  ~content() { wipe(key_pem); }
  content(const content&) = delete;
  content& operator=(const content&) = delete;

  std::string file;
  std::string key_file;
  std::string chain_pem;
  std::string key_pem;   ///< a secret
  std::string der;       ///< of the first certificate
  std::string key_bits;  ///< its public key
  std::vector<std::string> names;
  std::int64_t not_after = 0;
  std::string server_end_point;
};

/// Whether the private key is that of the certificate, as far as it is one for ECDSA: the library compares those of other kinds,
/// but not always these.
bool is_own_ecdsa_key(const certificate::content& what);

/// A library's context for servers with this chain and key in it and nothing else set. Null where the library does not take them;
/// `why` is then one line that names the file.
context_ptr make_context(const certificate::content& what, std::string& why);

}  // namespace couplet::tls

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tls/context.hpp"

// ClientHellos by hand, for what no library offers any more.

namespace couplet::tls::test {

/// `bytes` bytes, big end first.
std::string number(std::size_t value, int bytes);

struct hello_fields {
  int version = 0x0303;
  std::vector<int> suites{0xc02b, 0xc02f};
  std::string extensions;  ///< extension() after extension()
};

std::string extension(int type, std::string_view content);
std::string server_name_extension(std::string_view name);
std::string groups_extension(const std::vector<int>& groups);
/// What every client of TLS 1.2 says: P-256 and X25519, ECDSA and RSA with SHA-256.
std::string usual_extensions();

/// The message alone, and in one record.
std::string hello_message(const hello_fields& fields);
std::string record(int type, std::string_view content);
std::string hello(const hello_fields& fields = {.extensions = usual_extensions()});

/// Contexts whose certificate has an RSA key in PKCS #1.
std::shared_ptr<const contexts> rsa_contexts(const std::string& domain);
/// The two PEM texts of a certificate with an RSA key of so many bits.
struct pem_texts {
  std::string chain, key;
};
pem_texts rsa_certificate(const std::string& domain, int bits);

}  // namespace couplet::tls::test

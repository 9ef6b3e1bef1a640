#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct ecc_key;

namespace couplet::tls {

/// An ECDSA key on P-256, made by the library's generator. Throws std::runtime_error where the library fails.
class signing_key {
 public:
  signing_key();
  ~signing_key();
  signing_key(const signing_key&) = delete;
  signing_key& operator=(const signing_key&) = delete;

  /// SubjectPublicKeyInfo in DER.
  std::string public_der() const;
  /// PKCS #8 in PEM. A secret.
  std::string private_pem() const;
  /// ECDSA with SHA-256 of `message`, in DER.
  std::string sign(std::string_view message) const;

 private:
  std::unique_ptr<ecc_key> key_;
};

/// What a certificate is to say.
struct certificate_request {
  std::string subject;          ///< common name
  std::string issuer;           ///< common name of who signs; the same as `subject`: by itself
  std::int64_t not_before = 0;  ///< seconds since 1970
  std::int64_t not_after = 0;
  bool authority = false;         ///< may sign others
  std::string alternative_names;  ///< the content of GeneralNames, values of general_name(); empty: no such extension
};

/// One dNSName, or the iPAddress that the text is an address of (IPv6 also in brackets). Names with letters beyond ASCII become
/// xn--… (RFC 3490). Empty: neither, or too long.
std::string general_name(std::string_view domain);

/// A certificate in DER for the holder of a key (SubjectPublicKeyInfo), signed with `issuer_key`.
std::string issue_certificate(const certificate_request& what, std::string_view subject_public_der,
                              const signing_key& issuer_key);

}  // namespace couplet::tls

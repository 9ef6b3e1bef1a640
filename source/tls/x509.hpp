#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace couplet::tls {

/// The entries of a subjectAltName (RFC 5280 section 4.2.1.6) that mean something in XMPP, as they stand there. Entries of other
/// kinds are passed over.
struct alternative_names {
  std::vector<std::string> dns_names;
  std::vector<std::string> addresses;       ///< "192.0.2.1", "2001:db8::1"
  std::vector<std::string> xmpp_addrs;      ///< id-on-xmppAddr
  std::vector<std::string> mail_addresses;  ///< rfc822Name
  std::vector<std::string> srv_names;       ///< id-on-dnsSRV
};

/// More entries than anybody needs make the whole extension invalid.
inline constexpr std::size_t max_alternative_names = 1000;

/// Reads the content of the extension, GeneralNames. Nothing where anything in it is not as it should be: a name with a control
/// character (NUL before all), not ASCII resp. UTF-8, empty, or too many of them. One bad entry makes all of them unbelievable.
std::optional<alternative_names> read_alternative_names(std::string_view general_names);

/// The algorithm that a certificate's signature hashes with.
enum class signature_hash : std::uint8_t { none, md5, sha1, sha224, sha256, sha384, sha512 };

/// What is read from a certificate. Signatures are the library's business.
struct x509 {
  std::int64_t not_before = 0;  ///< seconds since 1970
  std::int64_t not_after = 0;
  signature_hash hash = signature_hash::none;  ///< none: unknown, or an algorithm without one (Ed25519)
  std::string key_bits;                        ///< the public key; of ECDSA: a point of its curve
  std::string common_name;                     ///< the last one of the subject; empty: none
  bool has_alternative_names = false;
  alternative_names names;
};

/// Reads a certificate in DER (RFC 5280 section 4.1). Nothing: it is none, or its subjectAltName is not valid.
std::optional<x509> read_x509(std::string_view der);

/// Hashes as RFC 5929 section 4.1 wants it; empty for signature_hash::none.
std::string end_point_hash(std::string_view der, signature_hash hash);

std::string sha256(std::string_view bytes);

}  // namespace couplet::tls

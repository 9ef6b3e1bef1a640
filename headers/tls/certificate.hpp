#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace couplet::tls {

/// Names of two PEM files: the certificate with those that lead to its authority, leaf first; and its private key, not encrypted.
/// One file with both in it may stand for both.
struct certificate_files {
  std::string chain;
  std::string key;
};

/// The same two as texts.
struct pem_pair {
  std::string chain;
  std::string key;  ///< a secret
};

/// A certificate and its key, read and checked. Cheap to copy: copies share one text, which is wiped when the last of them is
/// gone.
class certificate {
 public:
  /// The domains it is for, prepared (lower case, as on the wire), wildcards ("*.example.net") among them: the dNSName and
  /// iPAddress entries of its subjectAltName; the common name only where it has no subjectAltName. Never empty strings.
  const std::vector<std::string>& names() const noexcept;
  /// Whether it is for this domain (any case, also with letters beyond ASCII): exactly, or by a wildcard for its first label.
  bool covers(std::string_view domain) const;
  /// The last second in which it is valid, in seconds since 1970.
  std::int64_t not_after() const noexcept;
  /// "AB:CD:…", 32 pairs: SHA-256 of the certificate, as browsers and clients show it.
  std::string fingerprint_sha256() const;
  /// Channel binding data of type tls-server-end-point (RFC 5929 section 4.1): the certificate hashed by its own signature's
  /// algorithm, SHA-256 instead of MD5 and SHA-1. Empty where the signature has no hash of its own (Ed25519): not defined there.
  std::string_view server_end_point() const noexcept;
  /// Where it was read from, for log lines.
  const std::string& file() const noexcept;

  struct content;  ///< of this room
  explicit certificate(std::shared_ptr<const content> c) noexcept;
  const content& inside() const noexcept { return *content_; }

 private:
  std::shared_ptr<const content> content_;
};

/// Reads and checks a pair. `now_unix`: seconds since 1970. The error is one line that names the file and says what is wrong with
/// it: missing, unreadable, too large, no PEM, no certificate or key in it, a key that is encrypted, too weak or that of another
/// certificate, a certificate that is expired or not yet valid (its name and the date).
base::result<certificate> load_certificate(const certificate_files& files, std::int64_t now_unix);
/// The same of texts in memory; `shown_as` stands for the file's name.
base::result<certificate> load_certificate(const pem_pair& pair, const std::string& shown_as, std::int64_t now_unix);

/// The pairs in a folder, one for each domain, in the order of their names: NAME.pem, NAME.crt or NAME/fullchain.pem with
/// NAME.key or NAME/privkey.pem beside it. Files of other names are not looked at. An error where the folder can't be read, where
/// there is no pair in it, or where a chain or a key stands alone.
base::result<std::vector<certificate_files>> scan_folder(const std::string& folder);

/// A certificate signed by its own key (ECDSA on P-256, SHA-256), valid for ten years from one day before now, with all of
/// `domains` in its subjectAltName: dNSName, or iPAddress for addresses written as such ("127.0.0.1", "::1", "[::1]"). `domains`
/// are prepared and not empty; an error where one is no domain name or too long. For the first start without a certificate.
base::result<pem_pair> make_self_signed(const std::vector<std::string>& domains, std::int64_t now_unix);

/// "2026-03-01 12:00:00 UTC": how dates stand in our messages.
std::string date_text(std::int64_t unix_time);

}  // namespace couplet::tls

#include "x509.hpp"

#include "der.hpp"
#include "times.hpp"

namespace couplet::tls {

namespace {

using namespace std::string_view_literals;

constexpr std::uint8_t version = der::context_constructed;
constexpr std::uint8_t issuer_id = der::context + 1;
constexpr std::uint8_t subject_id = der::context + 2;
constexpr std::uint8_t extensions = der::context_constructed + 3;

constexpr auto common_name_id = "\x55\x04\x03"sv;             // 2.5.4.3
constexpr auto alternative_name_id = "\x55\x1d\x11"sv;        // 2.5.29.17
constexpr auto pkcs1 = "\x2a\x86\x48\x86\xf7\x0d\x01\x01"sv;  // 1.2.840.113549.1.1, then one byte
constexpr auto ecdsa_sha_1_id = "\x2a\x86\x48\xce\x3d\x04\x01"sv;
constexpr auto ecdsa_sha_2_family = "\x2a\x86\x48\xce\x3d\x04\x03"sv;  // then one byte
constexpr auto sha_1_id = "\x2b\x0e\x03\x02\x1a"sv;
constexpr auto sha_2_family = "\x60\x86\x48\x01\x65\x03\x04\x02"sv;  // then one byte

/// The byte behind a known beginning; -1: another beginning.
int behind(std::string_view beginning, std::string_view id) noexcept {
  return id.size() == beginning.size() + 1 && id.starts_with(beginning) ? static_cast<unsigned char>(id.back()) : -1;
}

signature_hash hash_of_pss(std::string_view parameters) {
  // RSASSA-PSS-params: hashAlgorithm [0] EXPLICIT, SHA-1 where it is not there (RFC 4055 section 3.1).
  der::reader in(parameters);
  const auto list = in.next(der::sequence);
  if (!list) return signature_hash::none;
  der::reader fields(*list);
  const auto field = fields.next_if(der::context_constructed);
  if (!field) return signature_hash::sha1;
  der::reader inside(*field);
  const auto algorithm = inside.next(der::sequence);
  if (!algorithm) return signature_hash::none;
  der::reader words(*algorithm);
  const auto id = words.next(der::object_id);
  if (!id) return signature_hash::none;
  if (*id == sha_1_id) return signature_hash::sha1;
  switch (behind(sha_2_family, *id)) {
    case 1: return signature_hash::sha256;
    case 2: return signature_hash::sha384;
    case 3: return signature_hash::sha512;
    case 4: return signature_hash::sha224;
    default: return signature_hash::none;
  }
}

signature_hash hash_of_rsa(int which, std::string_view parameters) {
  switch (which) {
    case 4: return signature_hash::md5;
    case 5: return signature_hash::sha1;
    case 10: return hash_of_pss(parameters);
    case 11: return signature_hash::sha256;
    case 12: return signature_hash::sha384;
    case 13: return signature_hash::sha512;
    case 14: return signature_hash::sha224;
    default: return signature_hash::none;
  }
}

signature_hash read_hash(std::string_view algorithm) {
  der::reader in(algorithm);
  const auto id = in.next(der::object_id);
  if (!id) return signature_hash::none;
  const auto parameters = in.next();
  if (*id == ecdsa_sha_1_id) return signature_hash::sha1;
  switch (behind(ecdsa_sha_2_family, *id)) {
    case 1: return signature_hash::sha224;
    case 2: return signature_hash::sha256;
    case 3: return signature_hash::sha384;
    case 4: return signature_hash::sha512;
    default: break;
  }
  return hash_of_rsa(behind(pkcs1, *id), parameters ? parameters->whole : std::string_view());
}

bool read_validity(std::string_view content, x509& out) {
  der::reader in(content);
  const auto from = in.next();
  const auto until = in.next();
  if (!from || !until || !in.at_end()) return false;
  const auto begin = read_time(from->tag, from->content);
  const auto end = read_time(until->tag, until->content);
  if (!begin || !end) return false;
  out.not_before = *begin;
  out.not_after = *end;
  return true;
}

/// Name ::= SEQUENCE OF SET OF SEQUENCE { type, value }. Only looked through for the common name of old certificates.
bool read_subject(std::string_view content, x509& out) {
  der::reader names(content);
  while (!names.at_end()) {
    const auto set = names.next(der::set);
    if (!set) return false;
    der::reader members(*set);
    while (!members.at_end()) {
      const auto pair = members.next(der::sequence);
      if (!pair) return false;
      der::reader in(*pair);
      const auto type = in.next(der::object_id);
      const auto value = in.next();
      if (!type || !value) return false;
      const bool text = value->tag == der::utf8_string || value->tag == der::printable_string || value->tag == der::ia5_string;
      if (*type == common_name_id && text) out.common_name = value->content;
    }
  }
  return true;
}

/// SubjectPublicKeyInfo: algorithm, bit string of whole bytes.
bool read_key(std::string_view content, x509& out) {
  der::reader in(content);
  if (!in.next(der::sequence)) return false;
  const auto bits = in.next(der::bit_string);
  if (!bits || !in.at_end() || bits->empty() || bits->front() != 0) return false;
  out.key_bits = bits->substr(1);
  return true;
}

bool read_extensions(std::string_view content, x509& out) {
  der::reader outer(content);
  const auto list = outer.next(der::sequence);
  if (!list || !outer.at_end()) return false;
  der::reader in(*list);
  while (!in.at_end()) {
    const auto extension = in.next(der::sequence);
    if (!extension) return false;
    der::reader fields(*extension);
    const auto id = fields.next(der::object_id);
    fields.next_if(der::boolean);
    const auto value = fields.next(der::octet_string);
    if (!id || !value || !fields.at_end()) return false;
    if (*id != alternative_name_id) continue;
    if (out.has_alternative_names) return false;  // twice: which of the two would be meant?
    auto names = read_alternative_names(*value);
    if (!names) return false;
    out.has_alternative_names = true;
    out.names = std::move(*names);
  }
  return true;
}

bool read_body(std::string_view content, x509& out) {
  der::reader in(content);
  in.next_if(version);
  const bool head = in.next(der::integer) && in.next(der::sequence) && in.next(der::sequence);  // serial, algorithm, issuer
  if (!head) return false;
  const auto validity = in.next(der::sequence);
  if (!validity || !read_validity(*validity, out)) return false;
  const auto subject = in.next(der::sequence);
  if (!subject || !read_subject(*subject, out)) return false;
  const auto key = in.next(der::sequence);
  if (!key || !read_key(*key, out)) return false;
  in.next_if(issuer_id);
  in.next_if(subject_id);
  if (in.at_end()) return true;
  const auto more = in.next(extensions);
  return more && in.at_end() && read_extensions(*more, out);
}

}  // namespace

std::optional<x509> read_x509(std::string_view der) {
  der::reader outer(der);
  const auto certificate = outer.next(der::sequence);
  if (!certificate || !outer.at_end()) return std::nullopt;
  der::reader in(*certificate);
  const auto body = in.next(der::sequence);
  const auto algorithm = in.next(der::sequence);
  if (!body || !algorithm || !in.next(der::bit_string) || !in.at_end()) return std::nullopt;
  x509 found;
  if (!read_body(*body, found)) return std::nullopt;
  found.hash = read_hash(*algorithm);
  return found;
}

}  // namespace couplet::tls

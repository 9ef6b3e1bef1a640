#include "issue.hpp"

#include <algorithm>
#include <array>

#include "der.hpp"
#include "der_writer.hpp"
#include "library.hpp"

namespace couplet::tls {

namespace {

using namespace std::string_view_literals;

constexpr auto common_name_oid = "\x55\x04\x03"sv;
constexpr auto basic_constraints_id = "\x55\x1d\x13"sv;
constexpr auto key_usage_id = "\x55\x1d\x0f"sv;
constexpr auto extended_key_usage_id = "\x55\x1d\x25"sv;
constexpr auto alternative_name_oid = "\x55\x1d\x11"sv;
constexpr auto server_auth_id = "\x2b\x06\x01\x05\x05\x07\x03\x01"sv;
constexpr auto client_auth_id = "\x2b\x06\x01\x05\x05\x07\x03\x02"sv;
constexpr auto ecdsa_with_sha256_id = "\x2a\x86\x48\xce\x3d\x04\x03\x02"sv;
constexpr auto version_3 = "\xa0\x03\x02\x01\x02"sv;
constexpr std::size_t max_common_name = 64;  // RFC 5280, ub-common-name

std::string name_of(std::string_view common_name) {
  if (common_name.size() > max_common_name) common_name = {};  // the names are in subjectAltName
  if (common_name.empty()) return der::write(der::sequence, ""sv);
  const auto pair =
      der::write(der::sequence, {der::write(der::object_id, common_name_oid), der::write(der::utf8_string, common_name)});
  return der::write(der::sequence, der::write(der::set, pair));
}

std::string random_serial() {
  std::array<unsigned char, 16> bytes{};
  fill_random(bytes.data(), bytes.size());
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x3fU) | 0x40U);  // positive, and of one length
  return der::write(der::integer, std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

std::string extensions_of(const certificate_request& what) {
  const auto authority = der::write(der::boolean, "\xff");
  const auto constraints = der::write(der::sequence, what.authority ? std::string_view(authority) : ""sv);
  std::string all = der::write_extension(basic_constraints_id, true, constraints);
  // Unused bits, then digitalSignature; keyCertSign and cRLSign.
  const auto usage = der::write(der::bit_string, what.authority ? "\x01\x06"sv : "\x07\x80"sv);
  all += der::write_extension(key_usage_id, true, usage);
  if (!what.authority) {
    const auto uses =
        der::write(der::sequence, {der::write(der::object_id, server_auth_id), der::write(der::object_id, client_auth_id)});
    all += der::write_extension(extended_key_usage_id, false, uses);
  }
  if (!what.alternative_names.empty()) {
    // Critical where there is no subject (RFC 5280 section 4.2.1.6).
    const bool critical = what.subject.empty() || what.subject.size() > max_common_name;
    all += der::write_extension(alternative_name_oid, critical, der::write(der::sequence, what.alternative_names));
  }
  return der::write(der::context_constructed + 3, der::write(der::sequence, all));
}

}  // namespace

std::string issue_certificate(const certificate_request& what, std::string_view subject_public_der,
                              const signing_key& issuer_key) {
  const auto algorithm = der::write(der::sequence, der::write(der::object_id, ecdsa_with_sha256_id));
  const auto validity = der::write(der::sequence, {der::write_time(what.not_before), der::write_time(what.not_after)});
  const auto body = der::write(der::sequence, {version_3, random_serial(), algorithm, name_of(what.issuer), validity,
                                               name_of(what.subject), subject_public_der, extensions_of(what)});
  return der::write(der::sequence, {body, algorithm, der::write_bits(issuer_key.sign(body))});
}

}  // namespace couplet::tls

#include <exception>

#include "issue.hpp"
#include "pem.hpp"
#include "tls/certificate.hpp"

namespace couplet::tls {

namespace {
constexpr std::int64_t one_day = 86'400;
constexpr std::int64_t ten_years = 3652 * one_day;
}  // namespace

base::result<pem_pair> make_self_signed(const std::vector<std::string>& domains, std::int64_t now_unix) {
  if (domains.empty()) return base::error("a certificate needs a domain");
  certificate_request what;
  what.subject = what.issuer = domains.front();
  what.not_before = now_unix - one_day;
  what.not_after = what.not_before + ten_years;
  for (const auto& domain : domains) {
    const auto name = general_name(domain);
    if (name.empty()) return base::error("a certificate can't be made for \"" + domain + "\": not a domain name, or too long");
    what.alternative_names += name;
  }
  try {
    const signing_key key;
    pem_pair pair;
    pair.chain = write_pem("CERTIFICATE", issue_certificate(what, key.public_der(), key));
    pair.key = key.private_pem();
    return pair;
  } catch (const std::exception& e) {
    return base::error(std::string("a certificate can't be made: ") + e.what());
  }
}

}  // namespace couplet::tls

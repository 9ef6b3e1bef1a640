#include "logins.hpp"

#include <algorithm>
#include <string>

#include "lookup.hpp"
#include "sasl/mechanisms.hpp"
#include "values.hpp"

namespace couplet::config {

namespace {

using sasl::mechanism;

mechanism read_mechanism(const given& g) {
  if (const auto known = sasl::find_mechanism(g.text)) return *known;
  std::string names;
  for (const auto m : sasl::all_mechanisms()) (names += names.empty() ? "" : ", ") += sasl::name_of(m);
  throw usage_error(g.origin, "expected one of " + names + ", not " + quoted(g.text));
}

/// Whether somebody here has what SCRAM needs, and not only a way to have passwords checked.
bool has_keys(const options& o) {
  return (!o.manager || !o.accounts.empty()) && !o.auth_http && !o.auth_command && !o.accept_any_user;
}

void check_can_be_offered(const options& o, mechanism m, const std::string& origin) {
  if (m == mechanism::anonymous && !o.anonymous) throw usage_error(origin, "ANONYMOUS needs --anonymous");
  if (m == mechanism::external && o.client_ca.empty()) throw usage_error(origin, "EXTERNAL needs --tls-client-ca FILE");
  if (sasl::is_scram(m) && !has_keys(o)) {
    throw usage_error(origin, std::string(sasl::name_of(m)) + " cannot be offered: who checks passwords here has no keys for it");
  }
}

}  // namespace

void read_mechanisms(const settings& all, options& o) {
  const auto& names = list_of(all, "sasl-mechanism");
  if (names.empty()) return;
  const auto named = [&](mechanism m) { return std::find(o.mechanisms.begin(), o.mechanisms.end(), m) != o.mechanisms.end(); };
  for (const auto& g : names) {
    const auto m = read_mechanism(g);
    if (named(m)) throw usage_error(g.origin, quoted(g.text) + " is given twice");
    check_can_be_offered(o, m, g.origin);
    o.mechanisms.push_back(m);
  }
  if (o.anonymous && !named(mechanism::anonymous))
    throw usage_error(one_of(all, "anonymous")->origin, "needs --sasl-mechanism ANONYMOUS, since others are named");
  if (!o.client_ca.empty() && !named(mechanism::external))
    throw usage_error(one_of(all, "tls-client-ca")->origin, "needs --sasl-mechanism EXTERNAL, since others are named");
}

}  // namespace couplet::config

#include "checks.hpp"

#include <algorithm>
#include <unordered_map>

#include "values.hpp"

namespace couplet::config {

namespace {

/// How the first value of a flag was given, for errors: "--sm-id", "COUPLET_SM_ID", "couplet.toml:3: sm-id". The flag was given.
const std::string& origin_of(const settings& all, std::string_view name) {
  return all.find(name)->second.front().origin;
}

void check_outside_manager(const settings& all, const options& o) {
  if (all.contains("component")) {
    throw usage_error(origin_of(all, "component"),
                      "is for the embedded session manager and excludes --sm: components connect to that one");
  }
  if (all.contains("c2s")) throw usage_error(origin_of(all, "c2s"), "is for the embedded session manager and excludes --sm");
  if (all.contains("users") && o.accounts.empty()) {
    throw usage_error(origin_of(all, "users"), "holds no account: with --sm it says whose logins are checked here");
  }
  if (o.registration) {
    const std::string_view name = all.contains("register") ? "register" : "no-register";
    throw usage_error(origin_of(all, name), "in-band registration is for the embedded session manager and excludes --sm");
  }
  if (o.anonymous) {
    throw usage_error(origin_of(all, "anonymous"), "is for the embedded session manager and excludes --sm");
  }
  if (all.contains("contact")) {
    throw usage_error(origin_of(all, "contact"), "is for the embedded session manager and excludes --sm");
  }
  if (o.manager->id.empty()) throw usage_error(origin_of(all, "sm"), "needs --sm-id NAME");
  if (o.manager->secret.empty()) throw usage_error(origin_of(all, "sm"), "needs --sm-secret SECRET");
}

/// Where somebody else checks passwords there are no accounts here.
void check_back_end(const settings& all) {
  for (const std::string_view name : {"user", "users", "register"}) {
    if (all.contains(name))
      throw usage_error(origin_of(all, name), "excludes --auth-http and --auth-command: accounts are kept there");
  }
}

void check_no_clients(const settings& all, const options& o) {
  const auto& origin = origin_of(all, "no-clients");
  if (o.manager) throw usage_error(origin, "excludes --sm: nobody could use that session manager through us");
  for (const std::string_view name : {"listen", "listen-tls", "tls-cert", "tls-client-ca", "proxy-from", "auth-http",
                                      "auth-command", "sasl-mechanism", "notify"}) {
    const bool for_components = name == "tls-cert" && o.components.tls_listener;
    if (all.contains(name) && !for_components) throw usage_error(origin, "excludes --" + std::string(name));
  }
  if (o.c2s.empty() && o.components.names.empty()) {
    throw usage_error(origin, "needs --c2s NAME:SECRET or --component NAME:SECRET: nobody could connect");
  }
}

void check_component_listener(const settings& all, options& o) {
  const bool somebody = !o.c2s.empty() || !o.components.names.empty();
  for (const std::string_view name : {"listen-components", "component-tls-listen"}) {
    if (all.contains(name) && !somebody) {
      throw usage_error(origin_of(all, name), "needs --c2s NAME:SECRET or --component NAME:SECRET: nobody could connect");
    }
  }
  if (!o.components.ca.empty() && (o.components.names.empty() || !o.components.tls_listener)) {
    throw usage_error(origin_of(all, "component-ca"),
                      "needs --component NAME and --component-tls-listen ADDR:PORT: certificates are shown in TLS");
  }
  if (somebody && !o.component_listener && !o.components.tls_listener) o.component_listener = endpoint("127.0.0.1", 5347);
}

}  // namespace

bool serves(const options& o, std::string_view domain) noexcept {
  return std::find(o.domains.begin(), o.domains.end(), domain) != o.domains.end();
}

void check_account(const options& o, const account& a, const std::string& origin) {
  if (serves(o, a.who.domain())) return;
  throw usage_error(origin, "the account " + quoted(a.who.bare()) + " is not of a domain served");
}

void check_accounts_differ(const options& o, const std::function<std::string(std::size_t)>& origin_of_account) {
  std::unordered_map<std::string_view, std::size_t> seen;
  seen.reserve(o.accounts.size());
  for (std::size_t i = 0; i < o.accounts.size(); ++i) {
    const auto [first, fresh] = seen.emplace(o.accounts[i].who.bare(), i);
    if (fresh) continue;
    throw usage_error(origin_of_account(i),
                      "the account " + quoted(first->first) + " is given twice; first in " + origin_of_account(first->second));
  }
}

void check_together(const settings& all, options& o, bool no_clients) {
  if (!o.manager) {
    for (const std::string_view name : {"sm-policy", "sm-id", "sm-secret", "sm-protocol"}) {
      if (all.contains(name)) throw usage_error(origin_of(all, name), "needs --sm HOST:PORT");
    }
  }
  if (all.contains("registration-token") && !o.registration && !o.manager) {
    throw usage_error(origin_of(all, "registration-token"), "needs --register: no accounts are made in-band");
  }
  if (o.store_passwords && (o.data.empty() || o.manager)) {
    throw usage_error(origin_of(all, "store-passwords"), "needs --data DIR, and the embedded session manager");
  }
  if (no_clients) check_no_clients(all, o);
  if (o.auth_http || o.auth_command) check_back_end(all);
  if (o.manager) check_outside_manager(all, o);
  check_component_listener(all, o);
}

}  // namespace couplet::config

#include "administration.hpp"

#include <algorithm>

#include "checks.hpp"
#include "lookup.hpp"
#include "values.hpp"

namespace couplet::config {

namespace {

void read_accept_any_user(const settings& all, options& o) {
  o.accept_any_user = is_on(all, "accept-any-user");
  if (!o.accept_any_user) return;
  const auto& origin = one_of(all, "accept-any-user")->origin;
  if (!o.data.empty()) throw usage_error(origin, "excludes --data: accounts that anybody made by logging in are not to last");
  if (o.manager) throw usage_error(origin, "is for the embedded session manager and excludes --sm");
  if (o.auth_http || o.auth_command)
    throw usage_error(origin, "excludes --auth-http and --auth-command: passwords are checked there");
}

void read_admins(const settings& all, options& o) {
  for (const auto& g : list_of(all, "admin")) {
    if (o.manager) throw usage_error(g.origin, "is for the embedded session manager and excludes --sm");
    auto text = read_jid(g);
    const auto jid = base::jid::parse(text);
    if (!jid || !jid->has_node() || !jid->is_bare() || !serves(o, jid->domain()))
      throw usage_error(g.origin, "expected USER@DOMAIN of a domain served, not " + quoted(text));
    if (std::find(o.admins.begin(), o.admins.end(), text) != o.admins.end())
      throw usage_error(g.origin, quoted(text) + " is given twice");
    o.admins.push_back(std::move(text));
  }
}

}  // namespace

void read_administration(const settings& all, options& o) {
  read_accept_any_user(all, o);
  read_admins(all, o);
}

}  // namespace couplet::config

#include "components.hpp"

#include <algorithm>
#include <tuple>

#include "checks.hpp"
#include "encryption.hpp"
#include "lookup.hpp"
#include "values.hpp"

namespace couplet::config {

namespace {

constexpr std::string_view wildcard = "*.";

bool has_name(const std::vector<peer>& peers, std::string_view name) {
  return std::any_of(peers.begin(), peers.end(), [&](const peer& p) { return p.name == name; });
}

/// NAME:SECRET with a NAME of the form of a domain; for a component also *.DOMAIN, or NAME alone, which no secret can be taken for.
peer read_peer(const given& g, bool may_be_wildcard, bool may_be_alone) {
  std::string text = g.text, secret;
  const bool alone = may_be_wildcard && secret_split(g.text) == std::string::npos;
  if (alone && !may_be_alone) throw usage_error(g.origin, "expected NAME:SECRET (NAME alone needs --component-ca FILE)");
  if (!alone) std::tie(text, secret) = read_name_and_secret(g, "NAME:SECRET");
  const bool is_wildcard = may_be_wildcard && text.starts_with(wildcard);
  auto name = base::prepare_domain(is_wildcard ? text.substr(wildcard.size()) : text);
  if (!name) {
    throw usage_error(g.origin, std::string("expected NAME:SECRET with a NAME of the form of a domain") +
                                    (may_be_wildcard ? ", or *.DOMAIN" : ""));
  }
  return {is_wildcard ? std::string(wildcard) + *name : std::move(*name), std::move(secret)};
}

void refuse_our_names(const given& g, const options& o, const std::string& name) {
  if (serves(o, name)) throw usage_error(g.origin, quoted(name) + " is a domain served (--domain)");
  if (o.aliases.contains(name)) throw usage_error(g.origin, quoted(name) + " is another name of a domain served (--alias)");
}

void read_names(const settings& all, options& o) {
  for (const auto& g : list_of(all, "c2s")) {
    auto p = read_peer(g, false, false);
    if (has_name(o.c2s, p.name)) throw usage_error(g.origin, quoted(p.name) + " is given twice");
    refuse_our_names(g, o, p.name);
    o.c2s.push_back(std::move(p));
  }
  auto& names = o.components.names;
  for (const auto& g : list_of(all, "component")) {
    auto p = read_peer(g, true, !o.components.ca.empty());
    if (has_name(names, p.name)) throw usage_error(g.origin, quoted(p.name) + " is given twice");
    refuse_our_names(g, o, p.name);
    if (has_name(o.c2s, p.name)) throw usage_error(g.origin, quoted(p.name) + " is a c2s (--c2s): one name, one meaning");
    names.push_back(std::move(p));
  }
}

bool may_connect(const std::vector<peer>& names, std::string_view domain) {
  if (has_name(names, domain)) return true;
  for (auto dot = domain.find('.'); dot != std::string_view::npos; dot = domain.find('.', dot + 1)) {
    if (has_name(names, "*" + std::string(domain.substr(dot)))) return true;
  }
  return false;
}

}  // namespace

void read_component_listener(const settings& all, options& o) {
  auto& c = o.components;
  if (const given* const g = one_of(all, "component-ca")) c.ca = read_authorities(*g);
  read_names(all, o);
  if (const given* const g = one_of(all, "listen-components")) o.component_listener = read_listen_address(*g);
  if (const given* const g = one_of(all, "component-tls-listen")) c.tls_listener = read_listen_address(*g);
  // In the order of the enumeration.
  if (const given* const g = one_of(all, "component-conflict")) {
    c.conflict = static_cast<component::conflict_policy>(read_choice(*g, {"replace", "refuse", "share"}));
  }
  if (const given* const g = one_of(all, "component-default")) {
    c.default_name = read_domain(*g);
    if (!may_connect(c.names, c.default_name)) {
      throw usage_error(g->origin, quoted(c.default_name) + " may not connect: no --component NAME:SECRET is for it");
    }
    // A wildcard does not reach them.
    refuse_our_names(*g, o, c.default_name);
    if (has_name(o.c2s, c.default_name)) throw usage_error(g->origin, quoted(c.default_name) + " is a c2s (--c2s)");
  }
}

}  // namespace couplet::config

#include "group_chat.hpp"

#include <algorithm>

#include "checks.hpp"
#include "lookup.hpp"
#include "values.hpp"

namespace couplet::config {

namespace {

bool is_a_peers(const std::vector<peer>& peers, std::string_view name) {
  return std::any_of(peers.begin(), peers.end(), [&](const peer& p) { return p.name == name; });
}

bool is_listed(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Who has that name already; empty: nobody.
std::string_view owner_of(const options& o, const std::string& name) {
  if (serves(o, name)) return "a domain served (--domain)";
  if (o.aliases.contains(name)) return "another name of a domain served (--alias)";
  if (is_a_peers(o.c2s, name)) return "a c2s (--c2s)";
  if (name == o.components.default_name) return "a component (--component-default)";
  return is_a_peers(o.components.names, name) ? "a component (--component)" : "";
}

}  // namespace

void read_group_chat(const settings& all, options& o) {
  const auto& names = list_of(all, "group-chat");
  const bool off = is_on(all, "no-group-chat");
  if (!names.empty() && off) throw usage_error(one_of(all, "no-group-chat")->origin, "contradicts group-chat");
  if (!names.empty() && o.manager)
    throw usage_error(names.front().origin, "is for the embedded session manager and excludes --sm: rooms are that one's");
  for (const auto& g : names) {
    auto name = read_domain(g);
    if (is_listed(o.group_chat, name)) throw usage_error(g.origin, quoted(name) + " is given twice");
    if (const auto whose = owner_of(o, name); !whose.empty())
      throw usage_error(g.origin, quoted(name) + " is " + std::string(whose));
    o.group_chat.push_back(std::move(name));
  }
  if (!names.empty() || off || o.manager) return;
  for (const auto& domain : o.domains) {
    // A domain that has no room for another label, or is an address, has no conference.
    auto name = base::prepare_domain("conference." + domain);
    if (name && owner_of(o, *name).empty()) o.group_chat.push_back(std::move(*name));
  }
}

}  // namespace couplet::config

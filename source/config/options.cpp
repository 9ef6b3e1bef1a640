#include "config/options.hpp"

#include <algorithm>
#include <limits>

#include "administration.hpp"
#include "back_ends.hpp"
#include "checks.hpp"
#include "components.hpp"
#include "encryption.hpp"
#include "group_chat.hpp"
#include "logins.hpp"
#include "lookup.hpp"
#include "settings.hpp"
#include "values.hpp"

namespace couplet::config {

namespace {

constexpr std::size_t max_users_bytes = 256U << 20U;
constexpr std::uint64_t max_bytes = 1ULL << 40U;
constexpr std::uint64_t max_seconds = 86'400;
constexpr std::size_t most_managers = 16;

void read_domains(const settings& all, options& o) {
  const auto& given_domains = list_of(all, "domain");
  if (!given_domains.empty()) o.domains.clear();
  for (const auto& g : given_domains) {
    auto domain = read_domain(g);
    if (serves(o, domain)) throw usage_error(g.origin, quoted(domain) + " is given twice");
    o.domains.push_back(std::move(domain));
  }
  for (const auto& g : list_of(all, "alias")) {
    const auto equals = g.text.find('=');
    if (equals == std::string::npos) throw usage_error(g.origin, "expected ALIAS=DOMAIN, not " + quoted(g.text));
    auto alias = read_domain(given(g.text.substr(0, equals), g.origin));
    auto domain = read_domain(given(g.text.substr(equals + 1), g.origin));
    if (serves(o, alias)) throw usage_error(g.origin, quoted(alias) + " is a domain served, it cannot be an alias too");
    if (!serves(o, domain)) throw usage_error(g.origin, quoted(domain) + " is not a domain served");
    const auto name = quoted(alias);
    if (!o.aliases.emplace(std::move(alias), std::move(domain)).second)
      throw usage_error(g.origin, "alias " + name + " is given twice");
  }
}

void read_listeners(const settings& all, options& o) {
  for (const auto& g : list_of(all, "listen")) o.client_listeners.push_back(read_listen_address(g));
  if (o.client_listeners.empty() && !is_on(all, "no-clients")) o.client_listeners.emplace_back("::", std::uint16_t{5222});
  for (const auto& g : list_of(all, "listen-tls")) o.tls_listeners.push_back(read_listen_address(g));
  for (const auto& g : list_of(all, "proxy-from")) {
    if (g.text == "unix") {
      o.proxy_unix = true;
      continue;
    }
    auto network = base::ip_network::parse(g.text);
    if (!network) throw usage_error(g.origin, network.error_text() + ", not " + quoted(g.text));
    o.proxies.push_back(std::move(*network));
  }
  if (const given* const g = one_of(all, "http-redirect")) o.http_redirect = read_url(*g);
}

/// A file's name as errors show it: as it is, unless it could break the line.
std::string shown_name(const std::string& path) {
  const auto safe = quoted(path);
  return safe.size() == path.size() + 2 ? path : safe;
}

/// Answers the line of each account.
std::vector<std::size_t> read_users_file(const given& g, options& o) {
  const auto text = read_file(g.text, max_users_bytes, g.origin, "the file " + quoted(g.text));
  const auto shown = shown_name(g.text);
  std::vector<std::size_t> lines;
  std::size_t number = 0;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const auto end = std::min(text.find('\n', begin), text.size());
    auto line = text.substr(begin, end - begin);
    begin = end + 1;
    ++number;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty() || line.front() == '#') continue;
    o.accounts.push_back(read_account(given(std::move(line), shown + ":" + std::to_string(number))));
    check_account(o, o.accounts.back(), shown + ":" + std::to_string(number));
    lines.push_back(number);
  }
  return lines;
}

void read_accounts(const settings& all, options& o) {
  const auto& single = list_of(all, "user");
  for (const auto& g : single) {
    o.accounts.push_back(read_account(g));
    check_account(o, o.accounts.back(), g.origin);
  }
  std::vector<std::size_t> lines;
  const given* const file = one_of(all, "users");
  if (file != nullptr) lines = read_users_file(*file, o);
  check_accounts_differ(o, [&](std::size_t i) {
    return i < single.size() ? single[i].origin : shown_name(file->text) + ":" + std::to_string(lines[i - single.size()]);
  });
  const bool on = is_on(all, "register");
  if (on && is_on(all, "no-register")) throw usage_error(one_of(all, "no-register")->origin, "contradicts register");
  if (const given* const g = one_of(all, "registration-token")) o.registration_token = read_secret(g->text, g->origin);
  const given* const off = one_of(all, "no-register");
  o.anonymous = is_on(all, "anonymous");
  o.registration = on || (off != nullptr && !read_switch(*off));
}

void read_contacts(const settings& all, options& o) {
  for (const auto& g : list_of(all, "contact")) {
    const auto colon = g.text.find(':');
    const bool plain = std::all_of(g.text.begin(), g.text.end(), [](char c) { return c > ' ' && c != '\x7F'; });
    if (colon == std::string::npos || colon == 0 || colon + 1 == g.text.size() || !plain)
      throw usage_error(g.origin, "expected a URI, as mailto:admin@example.org, not " + quoted(g.text));
    o.contacts.push_back(g.text);
  }
}

void read_manager(const settings& all, options& o) {
  const auto& managers = list_of(all, "sm");
  if (managers.empty()) return;
  auto& manager = o.manager.emplace();
  for (const auto& g : managers) {
    auto where = read_host_and_port(g);
    if (std::find(manager.where.begin(), manager.where.end(), where) != manager.where.end())
      throw usage_error(g.origin, quoted(g.text) + " is given twice");
    if (manager.where.size() == most_managers)
      throw usage_error(g.origin, "more than " + std::to_string(most_managers) + " session managers are not supported");
    manager.where.push_back(std::move(where));
  }
  // In the order of the enumeration, as below.
  if (const given* const g = one_of(all, "sm-policy"))
    manager.policy = static_cast<link::policy>(read_choice(*g, {"failover", "spread"}));
  if (const given* const g = one_of(all, "sm-id")) manager.id = read_domain(*g);
  if (const given* const g = one_of(all, "sm-secret")) manager.secret = read_secret(g->text, g->origin);
  // In the order of the enumeration.
  if (const given* const g = one_of(all, "sm-protocol"))
    manager.sessions = static_cast<stream::session_protocol>(read_choice(*g, {"auto", "route", "sc"}));
}

void read_notify(const settings& all, options& o) {
  for (const auto& g : list_of(all, "notify")) {
    auto jid = read_jid(g);
    if (std::find(o.notify.begin(), o.notify.end(), jid) != o.notify.end())
      throw usage_error(g.origin, quoted(jid) + " is given twice");
    o.notify.push_back(std::move(jid));
  }
}

template <class number>
void set_number(const settings& all, std::string_view name, number& out, std::uint64_t lowest, std::uint64_t highest,
                std::string_view unit) {
  if (const given* const g = one_of(all, name)) out = static_cast<number>(read_number(*g, lowest, highest, unit));
}

void set_seconds(const settings& all, std::string_view name, std::chrono::seconds& out) {
  if (const given* const g = one_of(all, name)) out = std::chrono::seconds(read_number(*g, 0, max_seconds, "seconds"));
}

void read_limits(const settings& all, options& o) {
  auto& l = o.limits;
  set_number(all, "max-stanza-bytes", l.max_stanza_bytes, 10'000, 64U << 20U, "bytes");
  set_number(all, "max-bytes-per-second", l.max_bytes_per_second, 0, max_bytes, "bytes");
  if (const given* const g = one_of(all, "max-connects-per-ip")) l.connects_per_ip = read_rate(*g);
  if (const given* const g = one_of(all, "max-registrations-per-ip")) l.registrations_per_ip = read_rate(*g);
  set_number(all, "max-connections", l.max_connections, 0, 1ULL << 30U, {});
  set_number(all, "max-unauthenticated-bytes", l.max_unauthenticated_bytes, 0, max_bytes, "bytes");
  set_number(all, "max-outbox-bytes", l.max_outbox_bytes, 0, max_bytes, "bytes");
  set_number(all, "max-manager-queue-bytes", l.max_manager_queue_bytes, 0, max_bytes, "bytes");
  set_number(all, "max-roster-items", l.max_roster_items, 0, 5'000, {});
  set_number(all, "max-component-queue-bytes", o.components.grace_bytes, 0, max_bytes, "bytes");
  auto& m = o.messages;
  set_number(all, "max-offline-messages", m.max_offline_messages, 0, 1ULL << 30U, {});
  set_number(all, "max-offline-bytes", m.max_offline_bytes, 0, max_bytes, "bytes");
  set_number(all, "max-archive-messages", m.max_archive_messages, 0, 1ULL << 30U, {});
  set_number(all, "max-archive-bytes", m.max_archive_bytes, 0, max_bytes, "bytes");
  m.archive = !is_on(all, "no-archive");
  auto& t = o.timeouts;
  set_seconds(all, "tls-timeout", t.tls);
  set_seconds(all, "header-timeout", t.header);
  set_seconds(all, "login-timeout", t.login);
  set_seconds(all, "bind-timeout", t.bind);
  set_seconds(all, "idle-timeout", t.idle);
  set_seconds(all, "manager-timeout", t.manager);
  set_seconds(all, "sm-grace", t.sm_grace);
  set_seconds(all, "c2s-grace", t.c2s_grace);
  set_seconds(all, "component-grace", o.components.grace);
  set_seconds(all, "component-keepalive", o.components.keepalive);
  set_seconds(all, "shutdown-timeout", t.shutdown);
}

void read_running(const settings& all, options& o) {
  if (const given* const g = one_of(all, "drain-to")) {
    // The port is optional, and may not be 0.
    const auto colon = g->text.rfind(':');
    const bool has_port = colon != std::string::npos && g->text.find(']', colon) == std::string::npos;
    read_host_and_port(has_port ? *g : given(g->text + ":5222", g->origin));
    o.other_host = g->text;
  }
  if (const given* const g = one_of(all, "ready-file")) {
    if (g->text.empty()) throw usage_error(g->origin, "expected the name of a file");
    o.ready_file = g->text;
  }
  set_number(all, "ready-fd", o.ready_fd, 1, static_cast<std::uint64_t>(std::numeric_limits<int>::max()), {});
  // In the order of the enumerations.
  if (const given* const g = one_of(all, "log-level")) {
    o.log_level = static_cast<base::log::level>(read_choice(*g, {"debug", "info", "warning", "error"}));
  }
  if (const given* const g = one_of(all, "log-stanzas")) {
    o.components.logs_stanzas = read_choice(*g, {"none", "components"}) == 1;
  }
  if (const given* const g = one_of(all, "log-format")) {
    o.log_format = static_cast<base::log::format>(read_choice(*g, {"text", "json"}));
  }
  set_number(all, "threads", o.threads, 0, 255, {});
}

void read_chore(const settings& all, options& o) {
  using kind = chore::kind;
  constexpr std::pair<std::string_view, kind> chores[] = {
      {"backup", kind::backup}, {"export", kind::export_accounts}, {"import", kind::import_accounts}};
  for (const auto& [name, what] : chores) {
    const given* const g = one_of(all, name);
    if (g == nullptr) continue;
    if (o.to_do) throw usage_error(g->origin, "one of --backup, --export and --import at a time");
    if (g->text.empty()) throw usage_error(g->origin, "expected the name of a file");
    if (o.data.empty()) throw usage_error(g->origin, "needs --data DIR, which it is about");
    o.to_do.emplace().what = what;
    o.to_do->file = g->text;
  }
}

}  // namespace

options make_options(const settings& all) {
  options o;
  read_domains(all, o);
  read_listeners(all, o);
  read_encryption(all, o);
  read_back_ends(all, o);
  read_accounts(all, o);
  read_contacts(all, o);
  read_component_listener(all, o);
  read_manager(all, o);
  read_group_chat(all, o);
  read_administration(all, o);
  read_mechanisms(all, o);
  read_notify(all, o);
  read_limits(all, o);
  read_running(all, o);
  read_chore(all, o);
  check_together(all, o, is_on(all, "no-clients"));
  return o;
}

}  // namespace couplet::config

// Building: what the options say becomes shards, managers, tables and listeners, before anything runs.

#include <algorithm>
#include <thread>
#include <utility>

#include "base/random.hpp"
#include "credentials/command_source.hpp"
#include "credentials/http_source.hpp"
#include "house.hpp"

namespace couplet::server {

namespace {

client::policy policy_of(const config::options& o) {
  client::policy p;
  p.after_login.max_element_bytes = static_cast<std::uint32_t>(std::min<std::size_t>(o.limits.max_stanza_bytes, UINT32_MAX));
  p.bytes_per_second = o.limits.max_bytes_per_second;
  p.outbox_bytes = o.limits.max_outbox_bytes;
  p.connections = o.limits.max_connections;
  p.unauthenticated_bytes = o.limits.max_unauthenticated_bytes;
  p.connects_per_address = o.limits.connects_per_ip;
  p.registrations_per_address = o.limits.registrations_per_ip;
  p.proxies = o.proxies;
  p.proxy_unix = o.proxy_unix;
  p.notify = o.notify;
  p.http_redirect = o.http_redirect;
  p.tls_timeout = o.timeouts.tls;
  p.header_timeout = o.timeouts.header;
  p.login_timeout = o.timeouts.login;
  p.bind_timeout = o.timeouts.bind;
  p.manager_timeout = o.timeouts.manager;
  p.idle_timeout = o.timeouts.idle;
  return p;
}

link::options link_options(const config::options& o) {
  link::options l;
  l.where = {o.manager->where.host, o.manager->where.port};
  l.name = o.manager->id;
  l.secret = o.manager->secret;
  l.queue_bytes = o.limits.max_manager_queue_bytes;
  if (o.timeouts.manager.count() != 0) l.handshake_timeout = o.timeouts.manager;
  l.grace = o.timeouts.sm_grace;
  return l;
}

}  // namespace

component::options component_options_of(const config::options& o) {
  component::options c;
  for (const auto& p : o.c2s) c.c2s.emplace(p.name, p.secret);
  for (const auto& p : o.components.names) c.components.emplace(p.name, p.secret);
  c.conflict = o.components.conflict;
  c.grace = o.components.grace;
  c.grace_bytes = o.components.grace_bytes;
  c.keepalive = o.components.keepalive;
  c.default_component = o.components.default_name;
  c.domains = o.domains;
  c.max_element_bytes = std::max(c.max_element_bytes, static_cast<std::uint32_t>(o.limits.max_stanza_bytes));
  c.outbox_bytes = o.limits.max_manager_queue_bytes;
  c.absence = o.timeouts.c2s_grace;
  c.handshake_timeout = o.timeouts.login;
  return c;
}

void server::house::furnish() {
  const auto wanted = options_.threads != 0 ? options_.threads : std::max(1U, std::thread::hardware_concurrency());
  const auto count = std::min(wanted, 255U);
  std::vector<net::shard*> all;
  for (std::uint32_t i = 0; i < count; ++i) {
    shards_.push_back(std::make_unique<net::shard>(static_cast<std::uint8_t>(i)));
    all.push_back(shards_.back().get());
  }
  hub::exchange::options x;
  x.manager_queue_bytes = options_.limits.max_manager_queue_bytes;
  if (options_.manager) {
    x.placement = [](const route::message&, std::uint32_t) { return 0U; };  // where the link lives
  } else {
    x.placement = session::partition_for;
  }
  exchange_ = std::make_unique<hub::exchange>(all, std::move(x));

  if (options_.manager) {
    exchange_->start_with_manager(false);
    link_ = std::make_unique<link::manager_link>(link_options(options_), *exchange_, exchange_->on(0),
                                                 static_cast<std::uint32_t>(base::random_u64()));
  } else {
    furnish_managers(count);
  }
  for (const auto& m : managers_) partitions_.push_back(&m->partition());
  if (options_.manager && !options_.accounts.empty()) furnish_accounts(count);
  if (!options_.client_listeners.empty() || !options_.tls_listeners.empty()) furnish_clients();
  if (options_.component_listener || options_.components.tls_listener) furnish_components();
}

void server::house::furnish_managers(std::uint32_t count) {
  session_settings_.domains = options_.domains;
  session_settings_.registration = options_.registration;
  session_settings_.guests = options_.anonymous;
  session_settings_.other_domains = !options_.components.names.empty();
  session_settings_.accounts_elsewhere = options_.auth_http || options_.auth_command;
  if (store_) {
    session_settings_.stored = true;
    session_settings_.digests = options_.store_passwords;
    furnish_workers();
    stored_ = std::make_unique<stored_accounts>(*store_, *workers_, process_secret_, options_.store_passwords);
  }
  managers_.resize(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    managers_[i] = std::make_unique<embedded_manager>(session_settings_, i, exchange_->on(i),
                                                      options_.limits.max_manager_queue_bytes, managers_, stored_.get());
  }
}

/// Who hashes passwords.
void server::house::furnish_workers() {
  if (workers_) return;
  if (process_secret_.empty()) process_secret_ = base::random_bytes(32);
  net::workers::options w;
  w.name = "hashing";
  workers_ = std::make_unique<net::workers>(std::move(w));
}

void server::house::furnish_components() {
  auto o = component_options_of(options_);
  o.to_accounts = [this](std::string&& xml, std::string_view bare_jid) {
    managers_[session::partition_of(bare_jid, static_cast<std::uint32_t>(managers_.size()))]->deliver(std::move(xml));
  };
  router_ = std::make_unique<component::router>(std::move(o), *exchange_, exchange_->on(0));
}

/// In front of an outside manager: accounts whose logins are checked here, and nothing else of them.
void server::house::furnish_accounts(std::uint32_t count) {
  session_settings_.domains = options_.domains;
  for (std::uint32_t i = 0; i < count; ++i) {
    accounts_.push_back(std::make_unique<session::manager>(session_settings_, i, count));
    partitions_.push_back(accounts_.back().get());
  }
}

void server::house::furnish_clients() {
  const bool elsewhere = options_.auth_http || options_.auth_command;
  const bool ours = !partitions_.empty() && !elsewhere;
  const auto limits = policy_of(options_);
  stream::client_settings s;
  s.domains = options_.domains;
  s.aliases = options_.aliases;
  // An outside manager decides itself who may register; it answers where we let the question through.
  s.offer_registration = options_.registration || managers_.empty();
  s.registration_token = options_.registration_token;
  s.offer_tls = true;
  if (elsewhere || !accounts_.empty()) s.logins_checked_by = stream::login_check::credentials;
  s.offer_scram = ours;
  s.ask_for_accounts = ours;
  if (options_.manager) s.sessions = options_.manager->sessions;
  s.keeps_sessions = options_.manager && options_.timeouts.sm_grace.count() != 0;
  s.offer_anonymous = options_.anonymous;
  s.offer_digest = session_settings_.digests;
  s.max_bytes_before_login = limits.before_login.max_element_bytes;
  s.max_bytes_after_login = limits.after_login.max_element_bytes;
  s.idle_seconds = static_cast<std::uint64_t>(limits.idle_timeout.count());
  auto where = client::plaintext_logins::loopback;
  if (options_.allow_plaintext) where = client::plaintext_logins::everywhere;
  if (options_.require_tls) where = client::plaintext_logins::nowhere;
  clients_shared_ = std::make_unique<client::shared_state>(limits, std::move(s), where);

  if (ours) furnish_workers();
  for (std::uint32_t i = 0; i < shards_.size(); ++i) {
    if (ours) {
      credentials_.push_back(
          std::make_unique<embedded_credentials>(*shards_[i], shards_, partitions_, *workers_, process_secret_, stored_.get()));
    }
    tables_.push_back(std::make_unique<client::table>(*clients_shared_, exchange_->on(i), credentials_on(i)));
    tables_.back()->set_other_host(options_.other_host);
  }
}

credentials::source* server::house::credentials_on(std::uint32_t shard) const noexcept {
  if (back_end_) return back_end_.get();
  return shard < credentials_.size() ? credentials_[shard].get() : nullptr;
}

std::optional<std::string> server::house::make_back_end() {
  if (!options_.auth_http && !options_.auth_command) return std::nullopt;
  auto made = options_.auth_http ? credentials::make_http_source(*options_.auth_http)
                                 : credentials::make_command_source(*options_.auth_command);
  if (!made) return made.error_text();
  back_end_ = std::move(*made);
  return std::nullopt;
}

/// For those who serve clients, or components with TLS.
bool server::house::needs_certificates() const noexcept {
  return !tables_.empty() || options_.components.tls_listener.has_value();
}

/// Before the shards run.
std::optional<std::string> server::house::make_certificates() {
  if (!needs_certificates()) return std::nullopt;
  auto made = encryption_.make(options_);
  if (!made) return made.error_text();
  for (auto& t : tables_) t->set_contexts(*made);
  if (router_) router_->set_contexts(*made);
  return std::nullopt;
}

std::optional<std::string> server::house::make_accounts(const std::vector<config::account>& accounts) {
  for (const auto& a : accounts) {
    const auto place = session::partition_of(a.who.bare(), static_cast<std::uint32_t>(partitions_.size()));
    const auto made = partitions_[place]->put_account(a.who, a.secret);
    if (!made) return "account " + a.who.full() + ": " + made.error_text();
  }
  return std::nullopt;
}

std::optional<std::string> server::house::open_listeners() {
  for (const auto& where : options_.client_listeners) {
    if (auto failed = open_listener("client", where, true)) return failed;
  }
  for (const auto& where : options_.tls_listeners) {
    if (auto failed = open_listener("client-tls", where, true)) return failed;
  }
  if (options_.component_listener) {
    if (auto failed = open_listener("component", *options_.component_listener, false)) return failed;
  }
  if (options_.components.tls_listener) return open_listener("component-tls", *options_.components.tls_listener, false);
  return std::nullopt;
}

std::optional<std::string> server::house::open_listener(const char* kind, const config::endpoint& where, bool on_all_shards) {
  net::endpoint place{where.host, where.port, where.path};
  const auto count = on_all_shards && place.shares() ? static_cast<std::uint32_t>(shards_.size()) : 1U;
  for (std::uint32_t i = 0; i < count; ++i) {
    auto opened = net::listener::open(place, count > 1, i == 0);
    if (!opened) return opened.error_text();
    place = opened->local();
    if (i == 0) ready_.push_back({kind, place});
    ports_.push_back(std::make_unique<open_port>(kind, i, std::move(*opened)));
  }
  return std::nullopt;
}

}  // namespace couplet::server

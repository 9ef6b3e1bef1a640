// Building: what the options say becomes shards, managers, tables and listeners, before anything runs.

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "base/address_parts.hpp"
#include "base/digest.hpp"
#include "base/random.hpp"
#include "credentials/command_source.hpp"
#include "credentials/http_source.hpp"
#include "house.hpp"
#include "no_limit.hpp"
#include "session/capabilities.hpp"

namespace couplet::server {

namespace {

client::policy policy_of(const config::options& o) {
  client::policy p;
  p.after_login.max_element_bytes = static_cast<std::uint32_t>(std::min<std::size_t>(o.limits.max_stanza_bytes, UINT32_MAX));
  p.bytes_per_second = o.limits.max_bytes_per_second;
  p.outbox_bytes = o.limits.max_outbox_bytes;
  p.connections = o.limits.max_connections;
  p.unauthenticated_bytes = o.limits.max_unauthenticated_bytes;
  p.left_bytes = o.limits.max_manager_queue_bytes;
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
  for (const auto& w : o.manager->where) l.where.emplace_back(w.host, w.port);
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
  c.logs_stanzas = o.components.logs_stanzas;
  c.default_component = o.components.default_name;
  c.domains = o.domains;
  for (const auto& [alias, domain] : o.aliases) c.aliases.push_back(alias);
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
    link_ = std::make_unique<link::fleet>(link_options(options_), options_.manager->policy, *exchange_, exchange_->on(0),
                                          static_cast<std::uint32_t>(base::random_u64()));
  } else {
    furnish_managers(count);
  }
  for (const auto& m : managers_) partitions_.push_back(&m->partition());
  if (options_.manager && !options_.accounts.empty()) furnish_accounts(count);
  if (!options_.client_listeners.empty() || !options_.tls_listeners.empty()) furnish_clients();
  if (options_.component_listener || options_.components.tls_listener) furnish_components();
  if (!managers_.empty() && !options_.group_chat.empty()) furnish_group_chat();
}

void server::house::furnish_managers(std::uint32_t count) {
  session_settings_.domains = options_.domains;
  session_settings_.registration = options_.registration;
  session_settings_.guests = options_.anonymous;
  session_settings_.accept_any_user = options_.accept_any_user;
  session_settings_.digests = !options_.accept_any_user;
  session_settings_.max_roster_items = options_.limits.max_roster_items;
  session_settings_.other_domains = !options_.components.names.empty() || !options_.group_chat.empty();
  session_settings_.services = options_.group_chat;
  if (!options_.components.names.empty()) session_settings_.attached = [this] { return attached_.names(); };
  const auto& kept = options_.messages;
  session_settings_.offline = kept.max_offline_messages != 0;
  session_settings_.offline_limits = {kept.max_offline_messages, no_limit_where_0(kept.max_offline_bytes)};
  session_settings_.archive = !options_.data.empty() && kept.archive;
  session_settings_.archive_limits = {no_limit_where_0(kept.max_archive_messages), no_limit_where_0(kept.max_archive_bytes)};
  session_settings_.contacts = options_.contacts;
  session_settings_.admins = options_.admins;
  session_settings_.now = [] {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::int64_t{std::chrono::duration_cast<std::chrono::milliseconds>(now).count()};
  };
  session_settings_.accounts_elsewhere = options_.auth_http || options_.auth_command;
  if (!options_.data.empty()) {
    session_settings_.stored = true;
    session_settings_.digests = options_.store_passwords;
    furnish_workers();
    net::workers::options w;
    w.name = "checking";
    checkers_ = std::make_unique<net::workers>(std::move(w));
    stored_ = std::make_unique<stored_accounts>(*store_, *checkers_, process_secret_, options_.store_passwords);
  }
  managers_.resize(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    managers_[i] = std::make_unique<embedded_manager>(session_settings_, i, exchange_->on(i),
                                                      options_.limits.max_manager_queue_bytes, managers_, stored_.get(), *store_);
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
  // No component has or speaks for a name of the rooms: what is for those is for us, like the accounts.
  o.domains.insert(o.domains.end(), options_.group_chat.begin(), options_.group_chat.end());
  o.to_accounts = [this](std::string&& xml, std::string_view bare_jid) {
    if (group_chat_ && group_chat_->serves(base::domain_part(bare_jid))) return group_chat_->take(std::move(xml));
    managers_[session::partition_of(bare_jid, static_cast<std::uint32_t>(managers_.size()))]->deliver(std::move(xml));
  };
  o.on_served = [this](std::string_view name, bool is_there) { attached_.note(name, is_there); };
  router_ = std::make_unique<component::router>(std::move(o), *exchange_, exchange_->on(0));
}

void server::house::furnish_group_chat() {
  if (process_secret_.empty()) process_secret_ = base::random_bytes(32);
  muc::settings s;
  s.names = options_.group_chat;
  s.secret = base::hmac(base::hash_function::sha256, process_secret_, "group chat");
  s.instance = base::random_hex(8);
  const bool lasts = !options_.data.empty();
  s.stored = lasts;
  group_chat_ = std::make_unique<group_chat>(std::move(s), exchange_->on(0), options_.limits.max_manager_queue_bytes,
                                             options_.domains, managers_, lasts ? store_.get() : nullptr);
  if (!router_) exchange_->on(0).attach(static_cast<hub::other_domains*>(group_chat_.get()));
  for (auto& m : managers_) {
    m->set_relief([g = group_chat_.get()] { g->on_relief(); });
    m->set_on_removal([g = group_chat_.get()](const std::string& who) { g->on_account_removed(who); });
  }
  for (std::uint32_t i = 0; i < managers_.size(); ++i) {
    managers_[i]->set_reset_of_others([this, i](const std::function<void()>& then) { reset_group_chat(i, then); });
  }
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
  // A new name has no password yet: what cannot tell one is not offered, and nobody is asked whether there is such an account.
  s.offer_scram = ours && !options_.accept_any_user;
  s.ask_for_accounts = ours && !options_.accept_any_user;
  if (options_.manager) s.sessions = options_.manager->sessions;
  s.keeps_sessions = options_.manager && options_.timeouts.sm_grace.count() != 0;
  s.offer_anonymous = options_.anonymous;
  s.mechanisms = options_.mechanisms;
  s.offer_digest = session_settings_.digests;
  s.offer_rosters = !managers_.empty();
  if (s.offer_rosters) s.capabilities = session::capabilities_element(session_settings_);
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
      credentials_.push_back(std::make_unique<embedded_credentials>(*shards_[i], shards_, partitions_, *workers_, lanes_,
                                                                    process_secret_, stored_.get()));
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
  for (auto& t : tables_) t->set_contexts(made->clients);
  if (router_) router_->set_contexts(made->components);
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

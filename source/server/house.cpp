#include "house.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "base/log.hpp"
#include "base/log_writer.hpp"
#include "base/random.hpp"
#include "credentials/command_source.hpp"
#include "credentials/http_source.hpp"
#include "process.hpp"

namespace couplet::server {

namespace {

/// Connections are limited by our own options, not by a soft limit that nobody chose.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

client::policy policy_of(const config::options& o) {
  client::policy p;
  p.after_login.max_element_bytes = static_cast<std::uint32_t>(std::min<std::size_t>(o.limits.max_stanza_bytes, UINT32_MAX));
  p.bytes_per_second = o.limits.max_bytes_per_second;
  p.outbox_bytes = o.limits.max_outbox_bytes;
  p.connections = o.limits.max_connections;
  p.unauthenticated_bytes = o.limits.max_unauthenticated_bytes;
  p.connects_per_address = o.limits.connects_per_ip;
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
  return l;
}

/// How long the end waits for a reader of the log.
constexpr auto last_words = std::chrono::seconds(1);

/// Why it ends, for the person who started it: whatever the log's level and format are.
void say_last(const std::string& why) {
  base::log::write_as_it_is("couplet: " + why);
}

/// The managers have the passwords now; one copy of a secret is enough.
void forget(std::vector<config::account>& accounts) {
  for (auto& a : accounts) ::explicit_bzero(a.secret.data(), a.secret.size());
  std::vector<config::account>().swap(accounts);
}

}  // namespace

component::options component_options_of(const config::options& o) {
  component::options c;
  for (const auto& p : o.c2s) c.c2s.emplace(p.name, p.secret);
  c.outbox_bytes = o.limits.max_manager_queue_bytes;
  c.handshake_timeout = o.timeouts.login;
  return c;
}

server::house::house(config::options o, reload again)
    : options_(std::move(o)), reload_(std::move(again)), ready_file_(options_.ready_file) {}

server::house::~house() {
  // Nobody may work for lives that are gone.
  files_.reset();
  workers_.reset();
  back_end_.reset();
  // What waits on the loops goes before the loops, and the loops (which own the lives that still wait) before what those use.
  signals_.reset();
  link_.reset();
  shards_.clear();
}

int server::house::run() {
  std::signal(SIGPIPE, SIG_IGN);
  if (options_.ready_fd >= 0) {
    const auto ours = take_ready_descriptor(options_.ready_fd);
    if (!ours) {
      say_last(ours.error_text());
      return 2;
    }
  }
  base::log::set_level(options_.log_level);
  base::log::set_format(options_.log_format);
  base::log::background_writer log;
  raise_descriptor_limit();
  if (const auto failed = build()) {
    say_last(*failed);
    return 1;
  }
  say_what_starts();
  watch_signals();
  start_lives();
  start_threads();
  let_signals_in();  // on this thread only: the others were made without
  shards_[0]->run();
  for (auto& t : threads_) t.join();
  tls::leave_thread();
  ready_file_.remove();
  say_what_was();
  // Nobody is waited for who did not come to an end in his time: a name server that does not answer, say. And at once is at once.
  if (at_once_ || lives() != 0) {
    log.finish(last_words);
    std::_Exit(exit_code_);
  }
  return exit_code_;
}

/// All that can fail before anybody is served; answers why.
std::optional<std::string> server::house::build() {
  // First: whoever waits for the file must not take an old one for this start's.
  const auto removed = ready_file_.remove_stale();
  if (!removed) return removed.error_text();
  if (auto failed = make_back_end()) return failed;
  furnish();
  auto failed = make_accounts(options_.accounts);
  forget(options_.accounts);
  if (!failed) failed = make_certificates();
  if (!failed) failed = open_listeners();
  return failed;
}

void server::house::start_threads() {
  try {
    for (std::size_t i = 1; i < shards_.size(); ++i) {
      threads_.emplace_back([s = shards_[i].get()] {
        s->run();
        tls::leave_thread();
      });
    }
  } catch (const std::exception& e) {
    fail(std::string("cannot start a thread (--threads): ") + e.what());
  }
}

// ---- building -------------------------------------------------------------------------------------------------------

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
    session_settings_.domains = options_.domains;
    session_settings_.registration = options_.registration;
    session_settings_.guests = options_.anonymous;
    session_settings_.accounts_elsewhere = options_.auth_http || options_.auth_command;
    managers_.resize(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      managers_[i] = std::make_unique<embedded_manager>(session_settings_, i, exchange_->on(i),
                                                        options_.limits.max_manager_queue_bytes, managers_);
    }
  }
  if (!options_.client_listeners.empty() || !options_.tls_listeners.empty()) furnish_clients();
  if (options_.component_listener) {
    router_ = std::make_unique<component::router>(component_options_of(options_), *exchange_, exchange_->on(0));
  }
}

void server::house::furnish_clients() {
  const bool elsewhere = options_.auth_http || options_.auth_command;
  const bool embedded = !managers_.empty() && !elsewhere;
  const auto limits = policy_of(options_);
  stream::client_settings s;
  s.domains = options_.domains;
  s.aliases = options_.aliases;
  // An outside manager decides itself who may register; it answers where we let the question through.
  s.offer_registration = options_.registration || managers_.empty();
  s.offer_tls = true;
  if (elsewhere) s.logins_checked_by = stream::login_check::credentials;
  s.offer_scram = embedded;
  s.ask_for_accounts = embedded;
  s.offer_anonymous = options_.anonymous;
  s.max_bytes_before_login = limits.before_login.max_element_bytes;
  s.max_bytes_after_login = limits.after_login.max_element_bytes;
  s.idle_seconds = static_cast<std::uint64_t>(limits.idle_timeout.count());
  auto where = client::plaintext_logins::loopback;
  if (options_.allow_plaintext) where = client::plaintext_logins::everywhere;
  if (options_.require_tls) where = client::plaintext_logins::nowhere;
  clients_shared_ = std::make_unique<client::shared_state>(limits, std::move(s), where);

  if (embedded) {
    process_secret_ = base::random_bytes(32);
    net::workers::options w;
    w.name = "hashing";
    workers_ = std::make_unique<net::workers>(std::move(w));
  }
  for (std::uint32_t i = 0; i < shards_.size(); ++i) {
    if (embedded) {
      credentials_.push_back(std::make_unique<embedded_credentials>(*shards_[i], shards_, managers_, *workers_, process_secret_));
    }
    tables_.push_back(std::make_unique<client::table>(*clients_shared_, exchange_->on(i), credentials_on(i)));
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

/// For those who serve clients. Before the shards run.
std::optional<std::string> server::house::make_certificates() {
  if (tables_.empty()) return std::nullopt;
  auto made = encryption_.make(options_);
  if (!made) return made.error_text();
  for (auto& t : tables_) t->set_contexts(*made);
  return std::nullopt;
}

net::task<> server::house::housekeeping() {
  asio::basic_waitable_timer<base::clock, asio::wait_traits<base::clock>, net::executor> minute(shards_[0]->get_executor());
  while (!stopping_) {
    minute.expires_after(std::chrono::minutes(1));
    co_await minute.async_wait(net::as_result);
    encryption_.rotate_ticket_keys();
  }
}

std::optional<std::string> server::house::make_accounts(const std::vector<config::account>& accounts) {
  for (const auto& a : accounts) {
    const auto place = session::partition_of(a.who.bare(), static_cast<std::uint32_t>(managers_.size()));
    const auto made = managers_[place]->partition().put_account(a.who, a.secret);
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
  if (options_.component_listener) return open_listener("component", *options_.component_listener, false);
  return std::nullopt;
}

std::optional<std::string> server::house::open_listener(const char* kind, const config::endpoint& where, bool on_all_shards) {
  net::endpoint place{where.host, where.port};
  const auto count = on_all_shards ? static_cast<std::uint32_t>(shards_.size()) : 1U;
  for (std::uint32_t i = 0; i < count; ++i) {
    auto opened = net::listener::open(place, count > 1, i == 0);
    if (!opened) return opened.error_text();
    place = opened->local();
    if (i == 0) ready_.push_back({kind, place});
    ports_.push_back(std::make_unique<open_port>(kind, i, std::move(*opened)));
  }
  return std::nullopt;
}

void server::house::start_lives() {
  for (auto& p : ports_) {
    auto& s = *shards_[p->shard];
    net::listener::on_accept accepted;
    if (p->kind != "component") {
      const auto how = p->kind == "client" ? client::entry::any : client::entry::tls;
      accepted = [t = tables_[p->shard].get(), how](int descriptor, const net::peer& who) { t->accept(descriptor, who, how); };
    } else {
      accepted = [r = router_.get()](int descriptor, const net::peer& who) { r->accept(descriptor, who); };
    }
    s.spawn("listener", p->socket.accept_loop(s, std::move(accepted)));
  }
  if (!tables_.empty()) shards_[0]->spawn("housekeeping", housekeeping());
  if (link_) {
    shards_[0]->spawn("link",
                      link_->live([this](link::manager_link::outcome o, const std::string& why) { on_link_outcome(o, why); }));
  } else {
    shards_[0]->post([this] { on_ready(); });
  }
}

void server::house::say_what_starts() const {
  std::string domains;
  for (const auto& d : options_.domains) domains.append(domains.empty() ? "" : " ").append(d);
  base::log::info("couplet " COUPLET_VERSION " starts",
                  {{"domains", domains}, {"threads", static_cast<long long>(shards_.size())}});
  for (const auto& l : ready_) base::log::info("listening", {{"kind", l.kind}, {"address", net::to_text(l.where)}});
  if (!managers_.empty()) base::log::info("accounts live in memory only: they and all state are gone when the server stops");
  if (tables_.empty()) return;
  if (options_.require_tls) return base::log::info("logins need TLS everywhere");
  base::log::info(options_.allow_plaintext
                      ? "plaintext logins are allowed from everywhere (--allow-plaintext): passwords can be read on the way"
                      : "plaintext logins are allowed on loopback addresses only");
}

// ---- running --------------------------------------------------------------------------------------------------------

void server::house::on_ready() {
  if (stopping_) return;
  const auto text = ready_text(ready_);
  const auto in_file = ready_file_.write(text);
  if (!in_file) return fail(in_file.error_text());
  if (options_.ready_fd >= 0) {
    const auto written = write_ready_descriptor(options_.ready_fd, text);
    if (!written) return fail(written.error_text());
  }
}

/// With an outside manager, ready means that the first try to reach it is over: scripts can log in, or know that they can't.
void server::house::on_link_outcome(link::manager_link::outcome o, const std::string& why) {
  if (o == link::manager_link::outcome::refused) {
    return fail("the session manager refused us as " + options_.manager->id + " (--sm-id, --sm-secret): " + why);
  }
  on_ready();
}

void server::house::fail(const std::string& why) {
  say_last(why);
  exit_code_ = 1;
  stop_shards();
}

void server::house::watch_signals() {
  signals_ = std::make_unique<asio::basic_signal_set<net::executor>>(shards_[0]->get_executor(), SIGTERM, SIGINT, SIGHUP);
  signals_->async_wait([this](const asio::error_code& failed, int number) {
    if (!failed) on_signal(number);
  });
}

void server::house::on_signal(int number) {
  signals_->async_wait([this](const asio::error_code& failed, int next) {
    if (!failed) on_signal(next);
  });
  if (number == SIGHUP) return on_hangup();
  if (stopping_) {
    base::log::warning("stopping at once");
    at_once_ = true;
    return stop_shards();
  }
  stopping_ = true;
  ready_file_.remove();
  base::log::info("stopping: clients are told");
  shards_[0]->spawn("shutdown", shut_down());
}

// ---- the door -------------------------------------------------------------------------------------------------------

server::server(config::options o, reload again) : house_(std::make_unique<house>(std::move(o), std::move(again))) {}
server::~server() = default;
int server::run() {
  return house_->run();
}

}  // namespace couplet::server

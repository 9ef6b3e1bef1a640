#include "house.hpp"

#include <sys/resource.h>

#include <csignal>
#include <cstdlib>
#include <cstring>

#include "base/log.hpp"
#include "base/log_writer.hpp"
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

server::house::house(config::options o, reload again)
    : options_(std::move(o)), reload_(std::move(again)), ready_file_(options_.ready_file) {}

server::house::~house() {
  // Nobody may work for lives that are gone.
  files_.reset();
  workers_.reset();
  checkers_.reset();
  store_.reset();
  back_end_.reset();
  // What waits on the loops goes before the loops, and the loops (which own the lives that still wait) before what those use.
  signals_.reset();
  link_.reset();
  if (router_) router_->fall_silent();
  shards_.clear();
}

int server::house::run() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a limit on the size of files is an error of the storage, not the end
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
    ports_.clear();  // their files, where they have some
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
  if (auto failed = open_storage()) return failed;
  furnish();
  auto failed = load_accounts();
  if (!failed) failed = load_rooms();
  if (!failed) failed = make_accounts(options_.accounts);
  remember(options_.accounts);
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

// ---- starting -------------------------------------------------------------------------------------------------------

net::task<> server::house::housekeeping() {
  asio::basic_waitable_timer<base::clock, asio::wait_traits<base::clock>, net::executor> minute(shards_[0]->get_executor());
  while (!stopping_) {
    minute.expires_after(std::chrono::minutes(1));
    co_await minute.async_wait(net::as_result);
    encryption_.rotate_ticket_keys();
  }
}

void server::house::start_lives() {
  for (auto& p : ports_) {
    auto& s = *shards_[p->shard];
    net::listener::on_accept accepted;
    if (p->kind == "client" || p->kind == "client-tls") {
      const auto how = p->kind == "client" ? client::entry::any : client::entry::tls;
      accepted = [t = tables_[p->shard].get(), how](int descriptor, const net::peer& who) { t->accept(descriptor, who, how); };
    } else {
      const auto how = p->kind == "component" ? component::entry::plain : component::entry::tls;
      accepted = [r = router_.get(), how](int descriptor, const net::peer& who) { r->accept(descriptor, who, how); };
    }
    s.spawn("listener", p->socket.accept_loop(s, std::move(accepted)));
  }
  if (needs_certificates()) shards_[0]->spawn("housekeeping", housekeeping());
  if (link_) {
    link_->start([this](link::manager_link::outcome o, const std::string& why) { on_link_outcome(o, why); });
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
  if (!managers_.empty() && options_.data.empty())
    base::log::info("accounts live in memory only: they and all state are gone when the server stops");
  if (options_.accept_any_user)
    base::log::warning("whoever logs in under a new name has an account (--accept-any-user): this is for tests");
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
  signals_->add(SIGUSR1);
  signals_->async_wait([this](const asio::error_code& failed, int number) {
    if (!failed) on_signal(number);
  });
}

void server::house::on_signal(int number) {
  signals_->async_wait([this](const asio::error_code& failed, int next) {
    if (!failed) on_signal(next);
  });
  if (number == SIGUSR1) return say_who_is_served();
  if (number == SIGHUP && stopping_) return base::log::info("the configuration is not read again: the server stops");
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

/// SIGUSR1: for the operator.
void server::house::say_who_is_served() {
  if (!tables_.empty() && !stopping_) shards_[0]->spawn("so far", say_so_far());
  if (link_) link_->say_table();
  if (router_) return router_->say_table();
  if (link_) return;
  base::log::info("there is no component listener (--component, --c2s)");
}

/// Each shard counts for itself, and is asked on its own thread.
net::task<> server::house::say_so_far() {
  const net::gate::pass inside(shards_[0]->lives());
  std::vector<client::counters> counts(tables_.size());
  std::function<void(std::uint32_t)> read = [this, &counts](std::uint32_t i) { counts[i] = tables_[i]->count(); };
  co_await on_every_shard(read);
  client::counters sum;
  for (const auto& c : counts) sum += c;
  base::log::info("logins so far", {{"connections", static_cast<long long>(sum.accepted)},
                                    {"now", static_cast<long long>(clients())},
                                    {"logins", static_cast<long long>(sum.logins)},
                                    {"unanswered", static_cast<long long>(sum.unanswered)}});
  say_what_was_asked();
}

/// Of whoever checks passwords instead of us.
void server::house::say_what_was_asked() const {
  if (!back_end_) return;
  const auto c = back_end_->so_far();
  base::log::info("passwords were checked elsewhere", {{"by", back_end_->name()},
                                                       {"asked", static_cast<long long>(c.asked)},
                                                       {"right", static_cast<long long>(c.right)},
                                                       {"wrong", static_cast<long long>(c.wrong)},
                                                       {"unavailable", static_cast<long long>(c.unavailable)}});
}

/// Two turns of its shard take what is under way there; then it is emptied.
void server::house::reset_group_chat(std::uint32_t asked_on, const std::function<void()>& then) {
  shards_[0]->post([this, asked_on, then] {
    shards_[0]->request_turn();
    shards_[0]->post([this, asked_on, then] {
      group_chat_->reset();
      shards_[asked_on]->post(then);
    });
  });
}

// ---- the door -------------------------------------------------------------------------------------------------------

server::server(config::options o, reload again) : house_(std::make_unique<house>(std::move(o), std::move(again))) {}
server::~server() = default;
int server::run() {
  return house_->run();
}

}  // namespace couplet::server

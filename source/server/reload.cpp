// SIGHUP: what may change while the server runs is read again. Files are read on a thread of their own, since a slow disk is no reason for
// clients to wait; what was read is taken over on the shards.

#include <utility>

#include "base/log.hpp"
#include "base/sip_hash.hpp"
#include "house.hpp"
#include "net/gate.hpp"

namespace couplet::server {

namespace {

/// A mark that stands while this lives.
class raised {
 public:
  explicit raised(bool& mark) noexcept : mark_(mark) { mark_ = true; }
  ~raised() { mark_ = false; }
  raised(const raised&) = delete;
  raised& operator=(const raised&) = delete;

 private:
  bool& mark_;
};

}  // namespace

/// One at a time; signals that come meanwhile are one more time together.
void server::house::on_hangup() {
  read_once_more_ = true;
  if (reading_) return;
  if (!files_) {
    net::workers::options w;
    w.name = "files";
    w.threads = 1;
    files_ = std::make_unique<net::workers>(std::move(w));
  }
  shards_[0]->spawn("reload", read_configuration_again());
}

net::task<> server::house::read_configuration_again() {
  const net::gate::pass inside(shards_[0]->lives());
  const raised now(reading_);
  try {
    while (std::exchange(read_once_more_, false) && !stopping_) {
      std::optional<config::options> fresh;
      encryption::both renewed;
      const std::function<void()> read = [this, &fresh, &renewed] { read_files(fresh, renewed); };
      const bool done = co_await files_->run(0, read);
      if (!done) base::log::warning("the configuration was not read again", {{"what", "there is no thread to do it"}});
      if (done && fresh && !stopping_) take_over(*fresh, renewed);
    }
  } catch (const std::exception& e) {
    base::log::error("the configuration could not be taken over", {{"what", e.what()}});
  }
}

/// On the thread for files.
void server::house::read_files(std::optional<config::options>& fresh, encryption::both& renewed) {
  try {
    if (reload_) fresh = reload_();
    if (fresh && needs_certificates()) {
      // Who is served, and where things are kept, stays as it was at the start: a certificate of our own is for those domains.
      auto wanted = *fresh;
      wanted.domains = options_.domains;
      wanted.data = options_.data;
      auto made = encryption_.make(wanted);
      if (made) renewed = std::move(*made);
      if (!made) {
        fresh.reset();
        base::log::error("the configuration stays as it was", {{"why", made.error_text()}});
      }
    }
  } catch (const std::exception& e) {
    fresh.reset();
    base::log::error("the configuration could not be read again", {{"what", e.what()}});
  }
  tls::leave_thread();
}

/// Accounts, secrets, certificates and log settings; what shapes the house (listeners, roles, limits) needs a restart.
void server::house::take_over(config::options& fresh, const encryption::both& renewed) {
  base::log::set_level(fresh.log_level);
  base::log::set_format(fresh.log_format);
  if (router_ && renewed.components) router_->set_contexts(renewed.components);
  // New connections see the new certificates; those that are open go on with what they have.
  for (std::uint32_t i = 0; renewed.clients && i < tables_.size(); ++i) {
    shards_[i]->post([t = tables_[i].get(), c = renewed.clients] { t->set_contexts(c); });
  }
  for (std::uint32_t i = 0; i < tables_.size(); ++i) {
    shards_[i]->post([t = tables_[i].get(), host = fresh.other_host] { t->set_other_host(host); });
  }
  if (router_) take_over_secrets(fresh);
  if (router_) router_->log_stanzas(fresh.components.logs_stanzas);
  if (link_ && fresh.manager) link_->set_secret(fresh.manager->secret);
  take_over_accounts(std::move(fresh.accounts));
  base::log::info("configuration read again");
}

/// Sessions send to other domains, or do not, for the whole life of the process.
void server::house::take_over_secrets(const config::options& fresh) {
  auto o = component_options_of(fresh);
  if (!session_settings_.other_domains && !o.components.empty()) {
    base::log::warning("the first component needs a restart: sessions do not send to other domains");
    o.components.clear();
  }
  router_->set_secrets(std::move(o.c2s), std::move(o.components));
}

bool server::house::is_as_configured(const config::account& a) const {
  const auto known = configured_.find(base::sip_hash(configured_key_, a.who.bare()));
  return known != configured_.end() && known->second == base::sip_hash(configured_key_, a.secret);
}

/// Of each account only two numbers that mean nothing outside of this process.
void server::house::remember(const std::vector<config::account>& accounts) {
  for (const auto& a : accounts) {
    configured_[base::sip_hash(configured_key_, a.who.bare())] = base::sip_hash(configured_key_, a.secret);
  }
}

void server::house::take_over_accounts(std::vector<config::account> accounts) {
  const auto count = static_cast<std::uint32_t>(partitions_.size());
  std::vector<std::vector<config::account>> per_shard(count);
  // What a user has changed since stays, unless the operator has changed it, too.
  std::erase_if(accounts, [this](const config::account& a) { return is_as_configured(a); });
  remember(accounts);
  for (auto& a : accounts) {
    if (count != 0) per_shard[session::partition_of(a.who.bare(), count)].push_back(std::move(a));
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    shards_[i]->post([m = partitions_[i], own = std::move(per_shard[i])] {
      for (const auto& a : own) {
        const auto made = m->put_account(a.who, a.secret);
        if (!made) base::log::warning("an account was not updated", {{"jid", a.who.full()}, {"why", made.error_text()}});
      }
    });
  }
}

}  // namespace couplet::server

// SIGHUP: what may change while the server runs is read again. Files are read on a thread of their own, since a slow disk is no reason for
// clients to wait; what was read is taken over on the shards.

#include <utility>

#include "base/log.hpp"
#include "house.hpp"
#include "net/gate.hpp"

namespace couplet::server {

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
  reading_ = true;
  shards_[0]->spawn("reload", read_configuration_again());
}

net::task<> server::house::read_configuration_again() {
  const net::gate::pass inside(shards_[0]->lives());
  while (std::exchange(read_once_more_, false)) {
    std::optional<config::options> fresh;
    encryption::contexts renewed;
    const std::function<void()> read = [this, &fresh, &renewed] { read_files(fresh, renewed); };
    const bool done = co_await files_->run(0, read);
    if (done && fresh) take_over(*fresh, renewed);
  }
  reading_ = false;
}

/// On the thread for files.
void server::house::read_files(std::optional<config::options>& fresh, encryption::contexts& renewed) {
  try {
    if (reload_) fresh = reload_();
    if (fresh && !tables_.empty()) {
      auto made = encryption_.make(*fresh);
      if (made) renewed = std::move(*made);
      if (!made) base::log::error("the certificates stay as they were", {{"why", made.error_text()}});
    }
  } catch (const std::exception& e) {
    fresh.reset();
    base::log::error("the configuration could not be read again", {{"what", e.what()}});
  }
  tls::leave_thread();
}

/// Accounts, secrets, certificates and log settings; what shapes the house (listeners, roles, limits) needs a restart.
void server::house::take_over(config::options& fresh, const encryption::contexts& renewed) {
  base::log::set_level(fresh.log_level);
  base::log::set_format(fresh.log_format);
  // New connections see the new certificates; those that are open go on with what they have.
  for (std::uint32_t i = 0; renewed && i < shards_.size(); ++i) {
    shards_[i]->post([t = tables_[i].get(), renewed] { t->set_contexts(renewed); });
  }
  for (std::uint32_t i = 0; i < tables_.size(); ++i) {
    shards_[i]->post([t = tables_[i].get(), host = fresh.other_host] { t->set_other_host(host); });
  }
  if (router_) router_->set_secrets(component_options_of(fresh).c2s);
  if (link_ && fresh.manager) link_->set_secret(fresh.manager->secret);
  take_over_accounts(std::move(fresh.accounts));
  base::log::info("configuration read again");
}

void server::house::take_over_accounts(std::vector<config::account> accounts) {
  const auto count = static_cast<std::uint32_t>(partitions_.size());
  std::vector<std::vector<config::account>> per_shard(count);
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

// The three steps of a shutdown: nobody new; what is under way arrives and everybody is told; those who stay are cut off.

#include <asio/steady_timer.hpp>
#include <utility>

#include "base/log.hpp"
#include "house.hpp"
#include "net/signal.hpp"

namespace couplet::server {

using base::close_reason;

namespace {

/// The longest way of a stanza through the queues: client, manager, another partition, client; then a bounce takes it again.
constexpr int hops = 8;
constexpr auto silence = std::chrono::milliseconds(200);
constexpr auto look_again = std::chrono::milliseconds(10);
constexpr auto after_abort = std::chrono::milliseconds(500);
constexpr auto after_clients = std::chrono::milliseconds(2500);

using timer = asio::basic_waitable_timer<base::clock, asio::wait_traits<base::clock>, net::executor>;

}  // namespace

// Steps are named before the co_await: g++ 12.2 destroys a capturing lambda in such a statement twice.
net::task<> server::house::shut_down() {
  std::function<void(std::uint32_t)> nobody_new = [this](std::uint32_t i) { stop_taking(i); };
  std::function<void(std::uint32_t)> rooms_end = [this](std::uint32_t i) {
    if (group_chat_ && i == 0) group_chat_->say_goodbye();
  };
  std::function<void(std::uint32_t)> goodbye = [this](std::uint32_t i) {
    if (!tables_.empty()) tables_[i]->end_all(close_reason::shutdown);
  };
  std::function<void(std::uint32_t)> cut_off = [this](std::uint32_t i) {
    if (!tables_.empty()) tables_[i]->abort_all(close_reason::shutdown);
  };
  co_await on_every_shard(nobody_new);
  if (link_) link_->stop_waiting();
  if (link_) exchange_->on(0).stop_keeping_back();
  co_await let_queues_run_dry();
  co_await let_link_fall_silent();
  co_await on_every_shard(rooms_end);
  co_await let_queues_run_dry();

  co_await on_every_shard(goodbye);
  co_await wait_for_clients(options_.timeouts.shutdown);
  co_await on_every_shard(cut_off);
  if (back_end_) back_end_->stop();
  co_await wait_for_clients(after_abort);
  // What clients did not take goes back to the manager before the way there is closed.
  co_await let_queues_run_dry();

  if (router_) router_->end_all(close_reason::shutdown);
  if (link_) link_->stop();
  co_await wait_for_lives(after_clients);
  if (router_) router_->abort_all(close_reason::shutdown);
  if (link_) link_->abort();
  co_await wait_for_lives(after_abort);
  stop_shards();
}

void server::house::stop_taking(std::uint32_t shard) {
  for (auto& p : ports_) {
    if (p->shard == shard) p->socket.stop();
  }
  if (!tables_.empty()) tables_[shard]->stop_reading();
  if (router_ && shard == 0) router_->stop_reading();
}

/// Runs `step` on each shard and resumes here when all are done.
net::task<> server::house::on_every_shard(std::function<void(std::uint32_t)> step) {
  net::signal all_done(shards_[0]->get_executor());
  std::atomic<std::size_t> left{shards_.size()};
  for (std::uint32_t i = 0; i < shards_.size(); ++i) {
    shards_[i]->post([this, i, &step, &left, &all_done] {
      try {
        if (step) step(i);
      } catch (const std::exception& e) {
        base::log::error("a step of the shutdown failed", {{"what", e.what()}});
      }
      if (left.fetch_sub(1) == 1) shards_[0]->post([&all_done] { all_done.ring(); });
    });
  }
  co_await all_done.wait();
}

/// Each round lets every shard take one turn, and a turn takes what is in its queues one hop further.
net::task<> server::house::let_queues_run_dry() {
  for (int i = 0; i < hops; ++i) co_await on_every_shard(nullptr);
}

/// What clients sent is with an outside manager now, and its answers are under way. It has no word for "that was all", so
/// we listen until it has been silent for a while.
net::task<> server::house::let_link_fall_silent() {
  if (!link_ || clients() == 0) co_return;
  const auto until = base::clock::now() + options_.timeouts.shutdown;
  timer pause(shards_[0]->get_executor());
  std::uint64_t heard = 0;
  auto silent_since = base::clock::now();
  while (base::clock::now() < until && base::clock::now() - silent_since < silence) {
    if (std::exchange(heard, link_->heard()) != link_->heard()) silent_since = base::clock::now();
    pause.expires_after(look_again);
    co_await pause.async_wait(net::as_result);
  }
  co_await let_queues_run_dry();
}

std::size_t server::house::clients() const {
  std::size_t all = 0;
  for (const auto& t : tables_) all += t->size();
  return all;
}

std::size_t server::house::lives() const {
  std::size_t all = 0;
  for (const auto& s : shards_) all += s->lives().inside();
  return all;
}

net::task<> server::house::wait_for_clients(std::chrono::milliseconds at_most) {
  return wait_until_none(&house::clients, at_most);
}

net::task<> server::house::wait_for_lives(std::chrono::milliseconds at_most) {
  return wait_until_none(&house::lives, at_most);
}

net::task<> server::house::wait_until_none(std::size_t (house::*count)() const, std::chrono::milliseconds at_most) {
  const auto until = base::clock::now() + at_most;
  timer pause(shards_[0]->get_executor());
  while ((this->*count)() != 0 && base::clock::now() < until) {
    pause.expires_after(look_again);
    co_await pause.async_wait(net::as_result);
  }
}

void server::house::stop_shards() {
  for (auto& s : shards_) s->stop();
}

void server::house::say_what_was() const {
  client::counters sum;
  for (const auto& t : tables_) sum += t->count();
  if (router_) sum.ends += router_->ends();
  std::uint64_t bounced = 0;
  for (std::uint32_t i = 0; i < exchange_->size(); ++i) bounced += exchange_->on(i).bounced();
  std::uint64_t returned = link_ ? link_->returned_notices() : 0;
  for (const auto& m : managers_) returned += m->partition().returned_notices();
  std::string ends;
  for (std::size_t i = 0; i < base::close_reason_count; ++i) {
    const auto reason = static_cast<close_reason>(i);
    if (sum.ends.of(reason) == 0) continue;
    ends.append(ends.empty() ? "" : " ").append(base::describe(reason).name).append("=");
    ends.append(std::to_string(sum.ends.of(reason)));
  }
  say_what_was_asked();
  base::log::info("stopped", {{"connections", static_cast<long long>(sum.accepted)},
                              {"logins", static_cast<long long>(sum.logins)},
                              {"unanswered", static_cast<long long>(sum.unanswered)},
                              {"notices", static_cast<long long>(sum.notices)},
                              {"notices-returned", static_cast<long long>(returned)},
                              {"notices-lost", static_cast<long long>(link_ ? link_->lost_notices() : 0)},
                              {"unsaid", static_cast<long long>(sum.unsaid)},
                              {"bounced", static_cast<long long>(bounced)},
                              {"ends", ends}});
}

}  // namespace couplet::server

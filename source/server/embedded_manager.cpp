#include "embedded_manager.hpp"

#include <utility>

#include "base/log.hpp"
#include "net/gate.hpp"

namespace couplet::server {

embedded_manager::embedded_manager(const session::settings& s, std::uint32_t partition, hub::switchboard& board,
                                   std::size_t queue_bytes, const std::vector<std::unique_ptr<embedded_manager>>& all,
                                   stored_accounts* stored)
    : board_(board),
      all_(all),
      stored_(stored),
      partition_(s, partition, static_cast<std::uint32_t>(all.size())),
      deliveries_(board.own_shard(), queue_bytes, board.pressure()) {
  board.attach(this);
  board.also_drain([this] { return drain_deliveries(); });
}

void embedded_manager::on_route(route::message&& m) {
  effects_.clear();
  route::trace cause;
  if (auto* const carried = route::trace_of(m)) cause = std::move(*carried);
  const auto gone = hub::gone_c2s(m);
  if (gone.empty()) {
    partition_.on_route(std::move(m), effects_);
  } else {
    partition_.on_c2s_gone(gone, effects_);
  }
  apply(cause);
}

void embedded_manager::deliver(std::string&& xml) {
  session::delivery d(0, std::move(xml));
  const auto bytes = sizeof d + d.xml.size();
  deliveries_.push_from_anywhere(std::move(d), bytes);
}

bool embedded_manager::drain_deliveries() {
  const auto take = [this](session::delivery&& d) {
    effects_.clear();
    const route::trace cause = std::move(d.trace);
    try {
      partition_.on_delivery(std::move(d), effects_);
    } catch (const std::exception& e) {
      base::log::error("the session manager failed on a delivery", {{"what", e.what()}});
    }
    apply(cause);
  };
  return deliveries_.drain(take, [this] { return board_.manager_may_go_on(); }) != 0;
}

/// Everything that a stanza leads to comes from where it came from, and who waits for it waits for all of that.
void embedded_manager::apply(const route::trace& cause) {
  const bool is_traced = cause.custody || cause.origin.is_known();
  for (auto& m : effects_.to_c2s) {
    if (auto* const carries = is_traced ? route::trace_of(m) : nullptr) *carries = cause;
    board_.to_client(std::move(m));
  }
  for (auto& d : effects_.to_partitions) {
    d.trace = cause;
    const auto bytes = sizeof d + d.xml.size();
    all_[d.partition]->deliveries_.push_from_anywhere(std::move(d), bytes);
  }
  for (auto& xml : effects_.to_others) board_.to_others(std::move(xml));
  // Each may be answered before spawn() returns, with effects of its own.
  auto requests = std::exchange(effects_.to_storage, {});
  for (auto& r : requests) board_.own_shard().spawn("account", work_on(std::move(r), cause));
}

/// Hashing and the disk take their time; the partition goes on meanwhile, and is told.
net::task<> embedded_manager::work_on(session::account_request r, route::trace cause) {
  const net::gate::pass inside(board_.own_shard().lives());
  const auto number = r.number;
  auto what = session::account_outcome::unavailable;
  try {
    what = co_await stored_->answer(board_.own_shard(), std::move(r));
  } catch (const std::exception& e) {
    base::log::error("what an account asked for failed", {{"what", e.what()}});
  }
  effects_.clear();
  partition_.on_account_answer(number, what, effects_);
  apply(cause);
}

}  // namespace couplet::server

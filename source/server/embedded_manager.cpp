#include "embedded_manager.hpp"

#include <utility>

#include "base/log.hpp"
#include "net/gate.hpp"

namespace couplet::server {

embedded_manager::embedded_manager(const session::settings& s, std::uint32_t partition, hub::switchboard& board,
                                   std::size_t queue_bytes, const std::vector<std::unique_ptr<embedded_manager>>& all,
                                   stored_accounts* stored, storage::store& lasting)
    : board_(board),
      all_(all),
      stored_(stored),
      entries_(lasting, board.own_shard(),
               [this](auto number, auto&& a, const auto& cause) { on_entries(number, std::move(a), cause); }),
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
  const auto count = deliveries_.drain(take, [this] { return board_.manager_may_go_on(); });
  if (count != 0 && relief_) relief_();
  return count != 0;
}

/// Everything that a stanza leads to comes from where it came from, and who waits for it waits for all of that. What has waited says itself where it
/// came from.
void embedded_manager::apply(const route::trace& cause) {
  const bool is_traced = cause.custody || cause.origin.is_known();
  for (auto& m : effects_.to_c2s) {
    if (auto* const carries = is_traced ? route::trace_of(m) : nullptr) {
      carries->custody = cause.custody;
      if (!carries->origin.is_known()) carries->origin = cause.origin;
    }
    board_.to_client(std::move(m));
  }
  for (auto& d : effects_.to_partitions) {
    d.trace = cause;
    const auto bytes = sizeof d + d.xml.size();
    all_[d.partition]->deliveries_.push_from_anywhere(std::move(d), bytes);
  }
  for (auto& xml : effects_.to_others) board_.to_others(std::move(xml));
  for (const auto& who : effects_.removed_accounts)
    if (on_removal_) on_removal_(who);
  asked_ += effects_.to_entries.size();
  for (auto& r : effects_.to_entries) ask_storage(std::move(r), cause);
  if (asked_ > most_asked && !std::exchange(storage_is_slow_, true)) board_.add_slow_storage();
  // Each may be answered before spawn() returns, with effects of its own.
  auto requests = std::exchange(effects_.to_storage, {});
  for (auto& r : requests) board_.own_shard().spawn("account", work_on(std::move(r), cause));
}

void embedded_manager::ask_storage(session::storage_request&& r, const route::trace& cause) {
  if (!std::holds_alternative<session::empty_everything>(r.what) || !reset_of_others_)
    return entries_.work_on(std::move(r), cause);
  const auto kept = std::make_shared<session::storage_request>(std::move(r));
  reset_of_others_([this, kept, cause] { entries_.work_on(std::move(*kept), cause); });
}

void embedded_manager::on_entries(std::uint64_t number, session::storage_answer&& answer, const route::trace& cause) {
  if (--asked_ < most_asked / 2 && std::exchange(storage_is_slow_, false)) board_.remove_slow_storage();
  effects_.clear();
  try {
    partition_.on_storage_answer(number, std::move(answer), effects_);
  } catch (const std::exception& e) {
    base::log::error("the session manager failed on what was stored", {{"what", e.what()}});
  }
  apply(cause);
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

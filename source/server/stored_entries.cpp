#include "stored_entries.hpp"

#include <chrono>
#include <utility>

#include "entry_jobs.hpp"

namespace couplet::server {

namespace {

/// The clock of people: messages say when they came.
std::int64_t time_of_day() {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count();
}

}  // namespace

void stored_entries::work_on(session::storage_request r, route::trace cause) {
  if (auto* const kept = std::get_if<session::append_offline>(&r.what)) kept->origin = cause.origin;
  auto& q = by_owner_[r.owner];
  q.emplace_back(std::move(r), std::move(cause), own_.lives());
  go_on(q);
}

/// Starts those at the front that are of one sort.
void stored_entries::go_on(queue& q) {
  for (auto& w : q) {
    if (session::is_change(w.what->request) != session::is_change(q.front().what->request)) return;
    if (!w.started) start(w);
  }
}

void stored_entries::start(waiting& w) {
  w.started = true;
  const auto shared = w.what;
  const auto number = shared->request.number;
  storage::store::job work = [shared](storage::database& db) {
    return perform(db, shared->request, shared->answer, time_of_day());
  };
  storage::store::answer tell = [this, shared, number](storage::outcome o) {
    // The thread of the store lets go of what it held before the shard can look.
    shared->answer.outcome = told(o);
    own_.post([this, number, owner = shared->request.owner] { on_done(number, owner); });
  };
  const auto how = session::is_change(shared->request) ? &storage::store::write : &storage::store::read;
  if ((where_.*how)(std::move(work), std::move(tell), session::bytes_of(shared->request))) return;
  shared->answer.outcome = told(storage::outcome::busy);
  own_.post([this, number, owner = shared->request.owner] { on_done(number, owner); });
}

void stored_entries::on_done(std::uint64_t number, const std::string& owner) {
  const auto found = by_owner_.find(owner);
  if (found == by_owner_.end()) return;
  for (auto& w : found->second) w.done = w.done || w.what->request.number == number;
  // An answer may lead to further questions of this owner, so nothing of the queue is held meanwhile.
  std::deque<waiting> answers;
  auto& q = found->second;
  while (!q.empty() && q.front().done) {
    answers.push_back(std::move(q.front()));
    q.pop_front();
  }
  if (q.empty()) {
    by_owner_.erase(found);
  } else {
    go_on(q);
  }
  for (auto& w : answers) {
    auto answer = std::move(w.what->answer);
    if (answer.outcome != session::storage_outcome::done) answer = session::storage_answer(answer.outcome);
    tell_(w.what->request.number, std::move(answer), w.cause);
  }
}

}  // namespace couplet::server

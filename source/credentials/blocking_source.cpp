#include "blocking_source.hpp"

#include <exception>
#include <functional>

#include "base/log.hpp"

namespace couplet::credentials {

using verdict = sasl::answer::verdict;

namespace {

net::workers::options pool_options(std::string_view name, unsigned threads, std::size_t waiting) {
  net::workers::options o;
  o.name = "auth-" + std::string(name);
  o.threads = threads;
  o.waiting = waiting;
  return o;
}

}  // namespace

blocking_source::blocking_source(std::string_view name, unsigned threads, std::size_t waiting,
                                 std::unique_ptr<blocking_check> check)
    : name_(name), tally_(name), check_(std::move(check)), pool_(pool_options(name, threads, waiting)) {}

blocking_source::~blocking_source() {
  stop();
}

void blocking_source::stop() noexcept {
  tally_.fall_silent();
  pool_.stop();
  check_->abort();
}

net::task<sasl::answer> blocking_source::ask(sasl::question q) {
  if (q.what == sasl::question::kind::keys) co_return sasl::answer(verdict::unavailable);
  tally_.asked();
  finding found(verdict::unavailable, "it failed");
  try {
    found = co_await find_out(q);
  } catch (const std::exception& e) {
    base::log::error("a password could not be checked", {{"back_end", name_}, {"what", e.what()}});
  }
  tally_.answered(found.outcome, found.why, base::clock::now());
  co_return sasl::answer(found.outcome);
}

net::task<finding> blocking_source::find_out(const sasl::question& q) {
  finding found(verdict::unavailable, "too many wait for it");
  std::function<void()> check = [this, &q, &found] { found = check_->check(q); };
  co_await pool_.run(lanes_.of(q), check);
  co_return found;
}

}  // namespace couplet::credentials

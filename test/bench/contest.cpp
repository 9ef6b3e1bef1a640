#include "contest.hpp"

#include <utility>

#include "process.hpp"
#include "report.hpp"

namespace couplet::bench {

namespace {

constexpr std::uint64_t no_limit = 100'000'000;

struct series {
  std::vector<double> rates, cpu_us, server_busy, generator_busy;
};

std::uint64_t cpu_of(const contender& one) {
  std::uint64_t sum = 0;
  for (const pid_t pid : one.pids) sum += cpu_ns_of(pid);
  return sum;
}

void one_round(const contender& one, pair_load& load, const contest_plan& what, cadence wanted, series& into) {
  const std::uint64_t cpu = cpu_of(one), time = std::uint64_t{what.milliseconds} * 1'000'000;
  const pair_result result = wanted.per_second == 0 ? load.run(time, no_limit) : load.run_at_rate(time, wanted);
  const double used = static_cast<double>(cpu_of(one) - cpu);
  into.rates.push_back(static_cast<double>(result.messages) / result.seconds);
  into.cpu_us.push_back(used * 1e-3 / static_cast<double>(result.all_messages));
  into.server_busy.push_back(used * 1e-7 / result.seconds);
  into.generator_busy.push_back(static_cast<double>(result.generator_cpu_ns) * 1e-7 / result.seconds);
}

/// The median of what the rounds say, each compared with the one beside it: a machine that changes its pace between rounds
/// changes both.
double median_ratio(std::vector<double> values, const std::vector<double>& beside) {
  for (std::size_t round = 0; round < values.size(); ++round) values[round] /= beside[round];
  return median(std::move(values));
}

void say(const contender& one, const std::string& name, const series& measured, const series* yardstick) {
  figure(name + ".rate", median(measured.rates), "messages/s");
  if (!one.pids.empty()) {
    figure(name + ".cpu", median(measured.cpu_us), "us/message");
    figure(name + ".server_busy", median(measured.server_busy), "%");
  }
  figure(name + ".generator_busy", median(measured.generator_busy), "%");
  if (yardstick == nullptr) return;
  figure(name + ".rate_to_relay", median_ratio(measured.rates, yardstick->rates), "x");
  if (one.pids.empty()) return;
  figure(name + ".cpu_to_relay", median_ratio(measured.cpu_us, yardstick->cpu_us), "x");
  // What the machine adds it never takes away: the cheapest rounds of both are the least disturbed ones.
  figure(name + ".least_cpu_to_relay", lowest(measured.cpu_us) / lowest(yardstick->cpu_us), "x");
}

void compete(const contenders& all, unsigned in_flight, cadence wanted, const std::string& label, const contest_plan& what) {
  std::vector<series> measured(all.size());
  std::vector<std::unique_ptr<pair_load>> loads;
  for (const auto& one : all) {
    std::vector<int> sockets;
    for (const auto& socket : one->clients) sockets.push_back(socket.fd);
    loads.push_back(std::make_unique<pair_load>(sockets, one->messages, in_flight, what.how));
    static_cast<void>(loads.back()->run(200'000'000, no_limit));  // warm-up
  }
  for (unsigned round = 0; round < what.rounds; ++round)
    for (std::size_t n = 0; n < all.size(); ++n) one_round(*all[n], *loads[n], what, wanted, measured[n]);
  for (std::size_t n = 0; n < all.size(); ++n)
    say(*all[n], "pairs." + all[n]->name + label + what.suffix, measured[n], n + 1 == all.size() ? nullptr : &measured.back());
}

}  // namespace

void compare(const contenders& all, unsigned in_flight, const contest_plan& what) {
  compete(all, in_flight, {}, ".in_flight_" + std::to_string(in_flight), what);
}

void compare_at_rate(const contenders& all, cadence wanted, const contest_plan& what) {
  const std::string at_once = wanted.burst == 1 ? "" : "_by_" + std::to_string(wanted.burst);
  compete(all, 1, wanted, ".at_" + std::to_string(wanted.per_second) + at_once, what);
}

}  // namespace couplet::bench

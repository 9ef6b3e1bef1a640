// Messages a second between pairs of clients, beside a plain byte relay in the same run. Rounds alternate (server, relay,
// server, …), so that what else the machine does hits both alike; the median of each is reported, and the median of the rounds' ratios.
//
// "W in flight" with --mode credit (the default): the first of a pair sends W messages; each one that the second has
// received in full lets the first send another one. The credit is passed on inside the generator, no byte travels back.
// With --mode ping-pong each message that arrives makes its receiver send one back; W of them are in the air in each pair.
// The relay carries the same bytes from the same code. A message counts when its end tag has arrived at the receiver.

#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "args.hpp"
#include "login.hpp"
#include "pairs.hpp"
#include "process.hpp"
#include "report.hpp"
#include "stand.hpp"

namespace {

using namespace couplet::bench;

struct plan {
  unsigned pairs = 100, body = 100, rounds = 5, milliseconds = 2000;
  std::vector<unsigned> in_flight;
  answer how = answer::credit;
  std::string suffix;  ///< of the figures' names
};

/// One of the things compared: its logged-in sockets, and whose CPU time it costs.
struct contender {
  std::string name;
  std::vector<client> clients;
  std::vector<std::string> messages;
  std::vector<pid_t> pids;

  ~contender() { close_all(clients); }
};

std::unique_ptr<contender> log_pairs_in(const std::string& name, const site& where, const plan& what) {
  auto out = std::make_unique<contender>();
  out->name = name;
  out->clients = login_crowd(where, 16).log_in(0, what.pairs * 2, true);
  for (std::size_t n = 0; n < out->clients.size(); ++n)
    out->messages.push_back(make_message(out->clients[n ^ 1U].jid, 0, what.body));
  return out;
}

std::unique_ptr<contender> connect_pairs(const std::string& name, const endpoint& server, const plan& what) {
  auto out = std::make_unique<contender>();
  out->name = name;
  for (std::size_t n = 0; n < what.pairs * 2; ++n) {
    client one;
    one.fd = connect_to(server, n);
    out->clients.push_back(one);
    // The same bytes as the server gets: the account n ^ 1 at its resource.
    out->messages.push_back(make_message("user" + std::to_string(n ^ 1U) + "@localhost/bench", 0, what.body));
  }
  return out;
}

struct series {
  std::vector<double> rates, cpu_us, server_busy, generator_busy;
};

std::uint64_t cpu_of(const contender& one) {
  std::uint64_t sum = 0;
  for (const pid_t pid : one.pids) sum += cpu_ns_of(pid);
  return sum;
}

void one_round(const contender& one, pair_load& load, const plan& what, series& into) {
  const std::uint64_t cpu = cpu_of(one);
  const pair_result result = load.run(std::uint64_t{what.milliseconds} * 1'000'000, 100'000'000);
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

void compare(const std::vector<std::unique_ptr<contender>>& all, unsigned in_flight, const plan& what) {
  std::vector<series> measured(all.size());
  std::vector<std::unique_ptr<pair_load>> loads;
  for (const auto& one : all) {
    std::vector<int> sockets;
    for (const auto& socket : one->clients) sockets.push_back(socket.fd);
    loads.push_back(std::make_unique<pair_load>(sockets, one->messages, in_flight, what.how));
    static_cast<void>(loads.back()->run(200'000'000, 100'000'000));  // warm-up
  }
  for (unsigned round = 0; round < what.rounds; ++round)
    for (std::size_t n = 0; n < all.size(); ++n) one_round(*all[n], *loads[n], what, measured[n]);
  // The relay is the last of the list.
  for (std::size_t n = 0; n < all.size(); ++n) {
    const std::string name = all[n]->name + ".in_flight_" + std::to_string(in_flight) + what.suffix;
    figure("pairs." + name + ".rate", median(measured[n].rates), "messages/s");
    if (!all[n]->pids.empty()) {
      figure("pairs." + name + ".cpu", median(measured[n].cpu_us), "us/message");
      figure("pairs." + name + ".server_busy", median(measured[n].server_busy), "%");
    }
    figure("pairs." + name + ".generator_busy", median(measured[n].generator_busy), "%");
    if (n + 1 == all.size()) continue;
    figure("pairs." + name + ".rate_to_relay", median_ratio(measured[n].rates, measured.back().rates), "x");
    if (!all[n]->pids.empty())
      figure("pairs." + name + ".cpu_to_relay", median_ratio(measured[n].cpu_us, measured.back().cpu_us), "x");
  }
}

void body(args given) {
  plan what;
  what.pairs = given.number("--pairs", 100, 1, 2000);
  what.body = given.number("--body", 100, 1, 8000);
  what.rounds = given.number("--rounds", 5, 1, 100);
  what.milliseconds = given.number("--milliseconds", 2000, 10, 60'000);
  const unsigned in_flight = given.number("--in-flight", 0, 0, 64);
  what.in_flight = in_flight != 0 ? std::vector<unsigned>{in_flight} : std::vector<unsigned>{1, 16};
  const std::string mode = given.text("--mode", "credit");
  if (mode != "credit" && mode != "ping-pong") throw std::invalid_argument("--mode: expected credit or ping-pong, got " + mode);
  if (mode == "ping-pong") what.how = answer::ping_pong, what.suffix = ".ping_pong";
  const std::string other = given.text("--other", "");
  site other_site;
  other_site.user_prefix = given.text("--other-users", "user");
  other_site.password = given.text("--other-password", "pw");
  const unsigned other_pid = given.number("--other-pid", 0, 1, 4'194'304);
  const bool only_other = given.flag("--only-other");
  stand_options how = stand_options::from(given);
  const std::vector<role> roles = roles_from(given);
  given.finish();

  pin_to_core(1);
  static_cast<void>(raise_open_files(what.pairs * 8 + 64));
  scratch_folder folder;
  launch start;
  start.command = {own_folder() + "/relay", folder.file("ready")};
  start.core = 0;
  process relay(start);
  endpoint relay_at;
  relay_at.port = port_in_ready_file(relay.wait_for_file(folder.file("ready"), std::chrono::seconds(5)), "client");

  std::vector<std::unique_ptr<stand>> stands;
  std::vector<std::unique_ptr<contender>> all;
  how.users = what.pairs * 2;
  if (!only_other)
    for (const role which : roles) {
      stands.push_back(std::make_unique<stand>(how, which));
      all.push_back(log_pairs_in("role" + std::to_string(static_cast<int>(which)), stands.back()->where(), what));
      for (const auto& one : stands.back()->processes()) all.back()->pids.push_back(one->pid());
    }
  if (!other.empty()) {
    other_site.server = parse_endpoint(other);
    all.push_back(log_pairs_in("other", other_site, what));
    if (other_pid != 0) all.back()->pids.push_back(static_cast<pid_t>(other_pid));
  }
  all.push_back(connect_pairs("relay", relay_at, what));
  all.back()->pids.push_back(relay.pid());
  for (const unsigned count : what.in_flight) compare(all, count, what);
  all.clear();
  for (const auto& one : stands) one->stop();
}

}  // namespace

int main(int argc, char** argv) {
  return run_main("bench_pairs", [&] { body(args(argc, argv)); });
}

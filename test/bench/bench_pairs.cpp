// Messages a second between pairs of clients, or of components, beside a plain byte relay in the same run. Rounds alternate
// (server, relay, server, ...), so that what else the machine does hits both alike; the median of each is reported, and the median
// of the rounds' ratios.
//
// "W in flight" with --mode credit (the default): the first of a pair sends W messages; each one that the second has
// received in full lets the first send another one. The credit is passed on inside the generator, no byte travels back.
// With --mode ping-pong each message that arrives makes its receiver send one back; W of them are in the air in each pair.
// With --rate R the first of the pairs send R messages a second by turns, whatever has arrived, N at once with --burst N.
// The relay carries the same bytes from the same code. A message counts when its end tag has arrived at the receiver.

#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "args.hpp"
#include "attach.hpp"
#include "contest.hpp"
#include "login.hpp"
#include "pairs.hpp"
#include "process.hpp"
#include "report.hpp"
#include "stand.hpp"

namespace {

using namespace couplet::bench;

struct plan : contest_plan {
  unsigned pairs = 0, body = 100;
  cadence at;
  std::vector<unsigned> in_flight;
};

std::unique_ptr<contender> log_pairs_in(const std::string& name, const site& where, const plan& what) {
  auto out = std::make_unique<contender>();
  out->name = name;
  out->clients = login_crowd(where, 16).log_in(0, what.pairs * 2, true);
  for (std::size_t n = 0; n < out->clients.size(); ++n)
    out->messages.push_back(make_message(out->clients[n ^ 1U].jid, 0, what.body));
  return out;
}

/// What a component sends says whom it is from.
std::string component_message(const std::string& from, const std::string& to, const plan& what) {
  return make_message(to, 0, what.body, from);
}

std::unique_ptr<contender> attach_pairs(const std::string& name, const site& where, const plan& what) {
  auto out = std::make_unique<contender>();
  out->name = name;
  out->clients = attach_components(where, what.pairs * 2);
  for (std::size_t n = 0; n < out->clients.size(); ++n)
    out->messages.push_back(component_message(out->clients[n].jid, out->clients[n ^ 1U].jid, what));
  return out;
}

/// The same bytes as the server gets.
std::string relayed_message(std::size_t n, const plan& what, bool components) {
  if (components) return component_message(component_address(n), component_address(n ^ 1U), what);
  return make_message("user" + std::to_string(n ^ 1U) + "@localhost/bench", 0, what.body);
}

std::unique_ptr<contender> connect_pairs(const std::string& name, const endpoint& server, const plan& what, bool components) {
  auto out = std::make_unique<contender>();
  out->name = name;
  for (std::size_t n = 0; n < what.pairs * 2; ++n) {
    client one;
    one.fd = connect_to(server, n);
    out->clients.push_back(one);
    out->messages.push_back(relayed_message(n, what, components));
  }
  return out;
}

std::unique_ptr<contender> begin_pairs(role which, const site& where, const plan& what) {
  if (which == role::components) return attach_pairs(name_of(which), where, what);
  return log_pairs_in(name_of(which), where, what);
}

void body(args given) {
  plan what;
  what.pairs = given.number("--pairs", 0, 1, 2000);
  what.body = given.number("--body", 100, 1, 8000);
  what.rounds = given.number("--rounds", 5, 1, 100);
  what.milliseconds = given.number("--milliseconds", 2000, 10, 60'000);
  const unsigned in_flight = given.number("--in-flight", 0, 0, 64);
  what.at.per_second = given.number("--rate", 0, 1, 1'000'000);
  what.at.burst = given.number("--burst", 1, 1, 1000);
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
  const bool components = roles.front() == role::components;
  if (what.pairs == 0) what.pairs = components ? 50 : 100;
  if (what.at.per_second != 0 && what.how != answer::credit) throw std::invalid_argument("--rate excludes --mode ping-pong");
  if (components && (only_other || !other.empty())) throw std::invalid_argument("--role components excludes --other");

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
  contenders all;
  how.users = what.pairs * 2;
  if (!only_other)
    for (const role which : roles) {
      stands.push_back(std::make_unique<stand>(how, which));
      all.push_back(begin_pairs(which, stands.back()->where(), what));
      for (const auto& one : stands.back()->processes()) all.back()->pids.push_back(one->pid());
    }
  if (!other.empty()) {
    other_site.server = parse_endpoint(other);
    all.push_back(log_pairs_in("other", other_site, what));
    if (other_pid != 0) all.back()->pids.push_back(static_cast<pid_t>(other_pid));
  }
  all.push_back(connect_pairs(components ? "component_relay" : "relay", relay_at, what, components));
  all.back()->pids.push_back(relay.pid());
  if (what.at.per_second != 0) {
    compare_at_rate(all, what.at, what);
  } else {
    for (const unsigned count : what.in_flight) compare(all, count, what);
  }
  all.clear();
  for (const auto& one : stands) one->stop();
}

}  // namespace

int main(int argc, char** argv) {
  return run_main("bench_pairs", [&] { body(args(argc, argv)); });
}

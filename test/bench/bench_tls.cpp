// What TLS 1.3 costs the server, in CPU time: a login beside a bare handshake with the same server, and a message of 300 bytes
// that is passed on, beside the same in the clear, bare and as much longer as a record is, and beside what the library needs for the two records. What is compared
// alternates in short rounds; each figure is the median of its rounds, each ratio that of the medians, and what
// SCRAM adds the median of what it added in each round.

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "args.hpp"
#include "bursts.hpp"
#include "records.hpp"
#include "report.hpp"
#include "stand.hpp"
#include "tls_login.hpp"

namespace {

using namespace couplet::bench;

constexpr unsigned accounts = 64;
/// Head, type of the content, tag (RFC 8446 section 5.2).
constexpr unsigned record_overhead = 22;

struct plan {
  unsigned rounds = 5, logins = 300, messages = 5000, pairs = 32, size = 300, parallel = 16;
  std::string only, kind;
};

/// CPU time of the server for one of `count` things that `work` does, in microseconds.
template <class Work>
double cost(const stand& server, std::uint64_t count, Work work) {
  const std::uint64_t before = server.cpu_ns();
  work();
  return static_cast<double>(server.cpu_ns() - before) * 1e-3 / static_cast<double>(count);
}

/// A session manager of its own has the accounts, and gives no keys to the clients' side: then there is no SCRAM (roles 2 and 3).
void measure_logins(const std::string& name, const stand& server, const plan& what, bool has_scram) {
  // A login by SCRAM right behind the same by PLAIN, since a machine's pace changes from second to second.
  std::vector<std::pair<std::string, visit>> kinds = {{"handshake", visit::handshake},
                                                      {"plain_success", visit::plain_success},
                                                      {"scram_success", visit::scram_success},
                                                      {"plain", visit::plain},
                                                      {"scram", visit::scram},
                                                      {"asked_plain", visit::asked_plain},
                                                      {"plain_goodbye", visit::plain_goodbye},
                                                      {"inline_plain", visit::inline_plain},
                                                      {"inline_scram", visit::inline_scram},
                                                      {"clear_connect", visit::clear_connect},
                                                      {"clear", visit::clear}};
  if (!has_scram) std::erase_if(kinds, [](const auto& one) { return one.first.find("scram") != std::string::npos; });
  if (!what.kind.empty()) {
    std::erase_if(kinds, [&](const auto& one) { return one.first != what.kind; });
    if (kinds.empty()) throw std::invalid_argument("--kind: there is no " + what.kind);
  }
  tls_crowd crowd(server.where(), what.parallel);
  crowd.come_and_go(visit::plain, 0, accounts, 300);
  // The server derives keys when it is first asked for them.
  const auto first = [&] { crowd.come_and_go(visit::scram, 0, accounts, accounts); };
  if (has_scram) figure(name + ".first_scram", cost(server, accounts, first), "us/login");
  std::map<std::string, std::vector<double>> costs;
  for (unsigned round = 0; round < what.rounds; ++round)
    for (const auto& [kind, visited] : kinds) {
      const auto come = [&, how = visited] { crowd.come_and_go(how, 0, accounts, what.logins); };
      costs[kind].push_back(cost(server, what.logins, come));
    }
  if (!what.kind.empty()) return figure(name + "." + what.kind, median(costs[what.kind]), "us");
  const double bare = median(costs["handshake"]);
  for (const auto& [kind, visited] : kinds) {
    const double one = median(costs[kind]);
    const bool is_login = visited != visit::handshake && visited != visit::clear_connect;
    figure(name + "." + kind, one, is_login ? "us/login" : "us/connection");
    if (is_login && visited != visit::clear) figure(name + "." + kind + ".ratio", one / bare, "handshakes");
  }
  // What the same conversation costs without TLS, behind a handshake: less than that no login can cost here, however cheap its records are.
  const double conversation = median(costs["clear"]) - median(costs["clear_connect"]);
  figure(name + ".conversation", conversation, "us/login");
  figure(name + ".floor.ratio", (bare + conversation) / bare, "handshakes");
  figure(name + ".records", median(costs["plain"]) - bare - conversation, "us/login");
  if (has_scram) {
    const auto more = [&](const std::string& which, const std::string& than) {
      auto each = costs[which];
      std::transform(each.begin(), each.end(), costs[than].begin(), each.begin(), std::minus<>());
      figure(name + "." + which + "_over_" + than, median(each), "us/login");
    };
    more("scram", "plain");
    more("inline_scram", "inline_plain");
    // Of which the words that go once more to and fro are some, whatever they say.
    more("asked_plain", "plain");
    more("scram", "asked_plain");
  }
}

void measure_stanzas(const std::string& name, const stand& server, const plan& what) {
  burst_load secret(server, 0, what.pairs, what.size, true),
      open(server, std::size_t{2} * what.pairs, what.pairs, what.size, false),
      open_longer(server, std::size_t{4} * what.pairs, what.pairs, what.size + record_overhead, false);
  const std::size_t bursts = std::max(1U, what.messages / what.pairs), messages = bursts * what.pairs;
  const auto own = make_certificate();
  record_pair both(own.certificate, own.key);
  std::vector<double> with_tls, clear, clear_longer, records;
  for (auto* each : {&secret, &open, &open_longer}) each->run(100);
  for (unsigned round = 0; round < what.rounds; ++round) {
    with_tls.push_back(cost(server, messages, [&] { secret.run(bursts); }));
    clear.push_back(cost(server, messages, [&] { open.run(bursts); }));
    clear_longer.push_back(cost(server, messages, [&] { open_longer.run(bursts); }));
  }
  for (unsigned round = 0; round < what.rounds; ++round)
    records.push_back(both.pass_on(messages, what.size) * 1e-3 / static_cast<double>(messages));
  figure(name + ".stanza", median(with_tls), "us/stanza");
  figure(name + ".stanza_clear", median(clear), "us/stanza");
  figure(name + ".stanza_clear_longer", median(clear_longer), "us/stanza");
  figure(name + ".two_records", median(records), "us/stanza");
  figure(name + ".stanza.ratio", median(with_tls) / (median(clear) + median(records)), "clear+records");
  figure(name + ".stanza.ratio_to_longer", median(with_tls) / (median(clear_longer) + median(records)), "clear+records");
}

void body(args given) {
  plan what;
  what.rounds = given.number("--rounds", 5, 1, 100);
  what.logins = given.number("--logins", 300, 10, 1'000'000);
  what.messages = given.number("--messages", 5000, 100, 1'000'000);
  what.pairs = given.number("--pairs", 32, 1, 500);
  what.size = given.number("--size", 300, 120, 8000);
  what.parallel = given.number("--parallel", 16, 1, 100);
  what.only = given.text("--only", "");
  what.kind = given.text("--kind", "");
  if (!what.only.empty() && what.only != "logins" && what.only != "stanzas")
    throw std::invalid_argument("--only: expected logins or stanzas, got " + what.only);
  stand_options how = stand_options::from(given);
  const std::vector<role> roles = roles_from(given);
  given.finish();
  pin_to_core(1);
  static_cast<void>(raise_open_files(6 * what.pairs + what.parallel + 128));
  how.users = std::max(accounts, 6 * what.pairs);
  for (const role which : roles) {
    stand server(how, which);
    const std::string name = "tls." + name_of(which);
    if (what.only != "stanzas") measure_logins(name, server, what, which == role::one);
    if (what.only != "logins") measure_stanzas(name, server, what);
    server.stop();
  }
}

}  // namespace

int main(int argc, char** argv) {
  return run_main("bench_tls", [&] { body(args(argc, argv)); });
}

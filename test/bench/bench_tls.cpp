// What TLS 1.3 costs the server, in CPU time: a login beside a bare handshake with the same server, and a message of 300 bytes
// that is passed on, beside the same in the clear and beside what the library needs for the two records. What is compared
// alternates in short rounds; each figure is the median of its rounds, and each ratio that of the medians.

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "args.hpp"
#include "login.hpp"
#include "pairs.hpp"
#include "records.hpp"
#include "report.hpp"
#include "stand.hpp"
#include "tls_login.hpp"

namespace {

using namespace couplet::bench;

constexpr unsigned accounts = 64;
constexpr std::uint64_t one_minute_ns = 60'000'000'000;

struct plan {
  unsigned rounds = 5, logins = 1000, messages = 20'000, pairs = 8, size = 300, parallel = 8;
  std::string only;
};

/// CPU time of the server for one of `count` things that `work` does, in microseconds.
template <class Work>
double cost(const stand& server, std::uint64_t count, Work work) {
  const std::uint64_t before = server.cpu_ns();
  work();
  return static_cast<double>(server.cpu_ns() - before) * 1e-3 / static_cast<double>(count);
}

void measure_logins(const std::string& name, const stand& server, const plan& what) {
  const std::vector<std::pair<const char*, visit>> kinds = {{"handshake", visit::handshake},
                                                            {"plain_success", visit::plain_success},
                                                            {"plain", visit::plain},
                                                            {"scram_success", visit::scram_success},
                                                            {"scram", visit::scram}};
  tls_crowd crowd(server.where(), what.parallel);
  crowd.come_and_go(visit::plain, 0, accounts, 300);
  // The server derives keys when it is first asked for them.
  figure(name + ".first_scram", cost(server, accounts, [&] { crowd.come_and_go(visit::scram, 0, accounts, accounts); }),
         "us/login");
  std::map<std::string, std::vector<double>> costs;
  for (unsigned round = 0; round < what.rounds; ++round)
    for (const auto& [kind, visited] : kinds) {
      const auto come = [&, how = visited] { crowd.come_and_go(how, 0, accounts, what.logins); };
      costs[kind].push_back(cost(server, what.logins, come));
    }
  const double bare = median(costs["handshake"]);
  figure(name + ".handshake", bare, "us/handshake");
  for (const char* kind : {"plain_success", "plain", "scram_success", "scram"}) {
    figure(name + "." + kind, median(costs[kind]), "us/login");
    figure(name + "." + kind + ".ratio", median(costs[kind]) / bare, "handshakes");
  }
  figure(name + ".scram_over_plain", median(costs["scram"]) - median(costs["plain"]), "us/login");
}

/// The load between clients whose sockets carry TLS. A read and a write of a message is a record.
class tls_load : public pair_load {
 public:
  tls_load(std::vector<std::unique_ptr<tls_connection>>& lines, const std::vector<int>& sockets,
           const std::vector<std::string>& messages)
      : pair_load(sockets, messages, 1, answer::credit), lines_(lines) {}

 protected:
  void transmit(std::size_t n, const char* bytes, std::size_t size) override { lines_[n]->say({bytes, size}); }
  ssize_t receive(std::size_t n, char* room, std::size_t size) override { return lines_[n]->receive(room, size); }

 private:
  std::vector<std::unique_ptr<tls_connection>>& lines_;
};

std::vector<std::string> messages_for(const std::vector<std::string>& jids, unsigned size) {
  std::vector<std::string> all;
  for (std::size_t n = 0; n < jids.size(); ++n) all.push_back(make_message(jids[n ^ 1U], size, 0));
  return all;
}

/// Pairs in the clear and pairs with TLS, all logged in to the same server; only one kind talks at a time.
class two_loads {
 public:
  two_loads(const stand& server, const plan& what) {
    const std::size_t count = std::size_t{2} * what.pairs;
    std::vector<int> sockets;
    std::vector<std::string> jids(count), clear_jids;
    tls_crowd crowd(server.where(), 1);
    for (std::size_t n = 0; n < count; ++n) {
      lines_.push_back(crowd.log_in_one(n, true, jids[n]));
      sockets.push_back(lines_.back()->fd());
    }
    tls_ = std::make_unique<tls_load>(lines_, sockets, messages_for(jids, what.size));
    clients_ = login_crowd(server.where(), 8).log_in(count, count, true);
    sockets.clear();
    for (const auto& one : clients_) sockets.push_back(one.fd), clear_jids.push_back(one.jid);
    clear_ = std::make_unique<pair_load>(sockets, messages_for(clear_jids, what.size), 1, answer::credit);
  }
  ~two_loads() { close_all(clients_); }
  two_loads(const two_loads&) = delete;
  two_loads& operator=(const two_loads&) = delete;

  void run(bool with_tls, unsigned messages) { static_cast<void>((with_tls ? *tls_ : *clear_).run(one_minute_ns, messages)); }

 private:
  std::vector<std::unique_ptr<tls_connection>> lines_;
  std::vector<client> clients_;
  std::unique_ptr<pair_load> tls_, clear_;
};

void measure_stanzas(const std::string& name, const stand& server, const plan& what) {
  two_loads loads(server, what);
  const auto own = make_certificate();
  record_pair both(own.certificate, own.key);
  std::vector<double> with_tls, clear, records;
  for (const bool tls : {true, false}) loads.run(tls, std::max(what.messages / 10, 1000U));
  for (unsigned round = 0; round < what.rounds; ++round) {
    with_tls.push_back(cost(server, what.messages, [&] { loads.run(true, what.messages); }));
    clear.push_back(cost(server, what.messages, [&] { loads.run(false, what.messages); }));
    records.push_back(both.pass_on(what.messages, what.size) * 1e-3 / what.messages);
  }
  figure(name + ".stanza", median(with_tls), "us/stanza");
  figure(name + ".stanza_clear", median(clear), "us/stanza");
  figure(name + ".two_records", median(records), "us/stanza");
  figure(name + ".stanza.ratio", median(with_tls) / (median(clear) + median(records)), "clear+records");
}

void body(args given) {
  plan what;
  what.rounds = given.number("--rounds", 5, 1, 100);
  what.logins = given.number("--logins", 1000, 10, 1'000'000);
  what.messages = given.number("--messages", 20'000, 100, 1'000'000);
  what.pairs = given.number("--pairs", 8, 1, 500);
  what.size = given.number("--size", 300, 120, 8000);
  what.parallel = given.number("--parallel", 8, 1, 100);
  what.only = given.text("--only", "");
  if (!what.only.empty() && what.only != "logins" && what.only != "stanzas")
    throw std::invalid_argument("--only: expected logins or stanzas, got " + what.only);
  stand_options how = stand_options::from(given);
  const std::vector<role> roles = roles_from(given);
  given.finish();
  pin_to_core(1);
  static_cast<void>(raise_open_files(4 * what.pairs + what.parallel + 128));
  how.users = std::max(accounts, 4 * what.pairs);
  for (const role which : roles) {
    stand server(how, which);
    const std::string name = "tls.role" + std::to_string(static_cast<int>(which));
    if (what.only != "stanzas") measure_logins(name, server, what);
    if (what.only != "logins") measure_stanzas(name, server, what);
    server.stop();
  }
}

}  // namespace

int main(int argc, char** argv) {
  return run_main("bench_tls", [&] { body(args(argc, argv)); });
}

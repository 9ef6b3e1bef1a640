// User memory of the server for each idle logged-in client: (Private_Dirty after - before) / clients, for each process.
//
// Before the first reading some hundred clients log in and out again, and then as many log in and stay: pools are filled,
// and what the warm-up freed is in use again, so that it does not make the measured clients look cheaper than they are.
//
// With --contacts N each client has N stored contacts, subscribed both ways, who are there as well.

#include <string>
#include <vector>

#include "args.hpp"
#include "login.hpp"
#include "report.hpp"
#include "stand.hpp"
#include "stored.hpp"
#include "tls_login.hpp"

namespace {

using namespace couplet::bench;

struct plan {
  unsigned clients = 5000, warm_up = 300, contacts = 0, times = 2;
  bool presence = true, tls = false;
};

/// How clients come: in the clear, or by TLS 1.3.
class entrance {
 public:
  entrance(const stand& server, const plan& what)
      : presence_(what.presence), tls_(what.tls), plain_(server.where(), 32), secret_(server.where(), 8) {}

  std::vector<client> log_in(std::size_t first, std::size_t count) {
    return tls_ ? secret_.log_in(first, count, presence_) : plain_.log_in(first, count, presence_);
  }
  void log_in_and_out(std::size_t count) {
    if (tls_)
      secret_.come_and_go(visit::plain, 0, count, count);
    else
      static_cast<void>(plain_.log_in_and_out(0, count, count, ~std::uint64_t{0}));
  }

 private:
  bool presence_, tls_;
  login_crowd plain_;
  tls_crowd secret_;
};

std::vector<memory> memory_of(const stand& server) {
  std::vector<memory> all;
  for (const auto& one : server.processes()) all.push_back(one->memory_settled());
  return all;
}

double per_client(std::uint64_t after, std::uint64_t before, unsigned clients) {
  return (static_cast<double>(after) - static_cast<double>(before)) / clients;
}

std::string name_of_figures(role which, const plan& what) {
  return std::string(what.tls ? "idle.tls." : what.contacts != 0 ? "idle.contacts." : "idle.") + name_of(which);
}

void measure(stand_options how, role which, const plan& what) {
  const scratch_folder folder;
  if (what.contacts != 0) {
    store_rosters(folder.file("data"), what.warm_up + what.clients, what.contacts);
    how.data = false;  // in a folder of ours
    how.arguments = {"--data", folder.file("data")};
  }
  stand server(how, which);
  entrance crowd(server, what);
  crowd.log_in_and_out(what.warm_up);
  auto staying = crowd.log_in(0, what.warm_up);
  const auto before = memory_of(server);
  auto idle = crowd.log_in(what.warm_up, what.clients);
  const auto after = memory_of(server);
  close_all(idle);
  const auto left = memory_of(server);
  // Each time as many as the first time: what grows at each of them is lost.
  std::vector<std::vector<memory>> each{after};
  while (each.size() < what.times) {
    idle = crowd.log_in(what.warm_up, what.clients);
    each.push_back(memory_of(server));
    close_all(idle);
  }
  const std::string role_name = name_of_figures(which, what);
  double sum = 0;
  for (std::size_t n = 0; n < after.size(); ++n) {
    const std::string name = role_name + "." + server.name_of(n);
    const double bytes = per_client(after[n].private_dirty, before[n].private_dirty, what.clients);
    sum += bytes;
    figure(name + ".private_dirty", bytes, "bytes/client");
    figure(name + ".anonymous", per_client(after[n].anonymous, before[n].anonymous, what.clients), "bytes/client");
    figure(name + ".resident", per_client(after[n].resident, before[n].resident, what.clients), "bytes/client");
    figure(name + ".left_behind", per_client(left[n].private_dirty, before[n].private_dirty, what.clients), "bytes/client");
    for (std::size_t k = 1; k < each.size(); ++k)
      figure(name + ".growth_time_" + std::to_string(k + 1),
             per_client(each[k][n].private_dirty, each[k - 1][n].private_dirty, what.clients), "bytes/client");
    figure(name + ".before", static_cast<double>(before[n].private_dirty) / 1024, "KiB");
  }
  if (after.size() > 1) figure(role_name + ".sum.private_dirty", sum, "bytes/client");
  close_all(staying);
  server.stop();
}

void body(args given) {
  plan what;
  what.clients = given.number("--clients", 5000, 1, 9000);
  what.warm_up = given.number("--warm-up", 300, 1, 1000);
  what.times = given.number("--times", 2, 1, 100);
  what.presence = !given.flag("--no-presence");
  what.tls = given.flag("--tls");
  what.contacts = given.number("--contacts", 0, 2, 40) & ~1U;
  const stand_options how = stand_options::from(given);
  std::vector<role> roles = roles_from(given);
  if (what.contacts != 0) roles = {role::one};
  given.finish();
  pin_to_core(1);
  static_cast<void>(raise_open_files(what.clients + what.warm_up + 128));
  for (const role which : roles) measure(how, which, what);
}

}  // namespace

int main(int argc, char** argv) {
  return run_main("bench_idle", [&] { body(args(argc, argv)); });
}

// Logins a second, and logins for each second of CPU time that the server used: connect, header, PLAIN, header, bind,
// session where it is offered, footer both ways, close; K of them under way at a time.

#include <unistd.h>

#include <string>
#include <vector>

#include "args.hpp"
#include "login.hpp"
#include "report.hpp"
#include "stand.hpp"

namespace {

using namespace couplet::bench;

constexpr unsigned accounts = 5000;

void measure(const std::string& name, unsigned parallel, unsigned rounds, std::uint64_t round_ns, const stand& server) {
  login_crowd crowd(server.where(), parallel);
  static_cast<void>(crowd.log_in_and_out(0, accounts, 300, ~std::uint64_t{0}));
  std::vector<double> rates, per_core, busy;
  for (unsigned round = 0; round < rounds; ++round) {
    const std::uint64_t begin = now_ns(), own = cpu_ns_of(getpid()), cpu = server.cpu_ns();
    const auto done = static_cast<double>(crowd.log_in_and_out(0, accounts, 10'000'000, begin + round_ns));
    const auto seconds = static_cast<double>(now_ns() - begin) * 1e-9;
    rates.push_back(done / seconds);
    busy.push_back(static_cast<double>(cpu_ns_of(getpid()) - own) * 1e-7 / seconds);
    per_core.push_back(done * 1e9 / static_cast<double>(server.cpu_ns() - cpu));
  }
  figure(name + ".rate", median(rates), "logins/s");
  figure(name + ".per_core_second", median(per_core), "logins");
  figure(name + ".generator_busy", median(busy), "%");
}

void body(args given) {
  const unsigned parallel = given.number("--parallel", 32, 1, 1000);
  const unsigned rounds = given.number("--rounds", 5, 1, 100);
  const std::uint64_t round_ns = std::uint64_t{given.number("--milliseconds", 1000, 10, 60'000)} * 1'000'000;
  stand_options how = stand_options::from(given);
  const std::vector<role> roles = roles_from(given);
  given.finish();
  pin_to_core(1);
  static_cast<void>(raise_open_files(parallel + 128));
  how.users = accounts;
  for (const role which : roles) {
    stand server(how, which);
    measure("logins." + name_of(which), parallel, rounds, round_ns, server);
    server.stop();
  }
}

}  // namespace

int main(int argc, char** argv) {
  return run_main("bench_logins", [&] { body(args(argc, argv)); });
}

// Milliseconds from before the fork until the ready file is there, with ten accounts and with 10,000; median of 20 starts.

#include <string>
#include <vector>

#include "args.hpp"
#include "process.hpp"
#include "report.hpp"
#include "sockets.hpp"
#include "stand.hpp"

namespace {

using namespace couplet::bench;

double start_once(const std::string& couplet, const scratch_folder& folder, const std::string& users) {
  const std::string ready = folder.file("ready");
  launch how;
  how.command = {couplet, "--listen", "127.0.0.1:0", "--threads", "1", "--users", users, "--ready-file", ready};
  how.output = folder.file("output");
  how.core = 0;
  const std::uint64_t begin = now_ns();
  process server(how);
  static_cast<void>(server.wait_for_file(ready, std::chrono::seconds(10)));
  const double milliseconds = static_cast<double>(now_ns() - begin) * 1e-6;
  if (server.stop(std::chrono::seconds(10)) != 0) throw std::runtime_error("the server did not stop cleanly");
  std::remove(ready.c_str());
  return milliseconds;
}

void body(args given) {
  const unsigned runs = given.number("--runs", 20, 1, 1000);
  const std::string couplet = stand_options::from(given).couplet;
  given.finish();
  pin_to_core(1);
  const scratch_folder folder;
  for (const unsigned users : {10U, 10'000U}) {
    const std::string file = folder.write("users", account_lines(site{}, users));
    std::vector<double> times;
    for (unsigned run = 0; run < runs; ++run) times.push_back(start_once(couplet, folder, file));
    figure("start.accounts_" + std::to_string(users), median(times), "ms");
  }
}

}  // namespace

int main(int argc, char** argv) {
  return run_main("bench_start", [&] { body(args(argc, argv)); });
}

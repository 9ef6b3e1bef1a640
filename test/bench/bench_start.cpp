// Milliseconds from before the fork until the ready file is there, with ten accounts and with 10,000 of a file, and with 10,000 that are stored
// (--data); median of 20 starts.

#include <string>
#include <vector>

#include "args.hpp"
#include "process.hpp"
#include "report.hpp"
#include "sockets.hpp"
#include "stand.hpp"

namespace {

using namespace couplet::bench;

double start_once(const std::string& couplet, const scratch_folder& folder, const std::string& flag,
                  const std::string& accounts) {
  const std::string ready = folder.file("ready");
  launch how;
  how.command = {couplet, "--listen", "127.0.0.1:0", "--threads", "1", flag, accounts, "--ready-file", ready};
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

/// A folder with that many stored accounts, whose keys fit no password.
std::string make_data(const std::string& couplet, const scratch_folder& folder, unsigned accounts) {
  const auto keys = [](const char* mechanism, const std::string& key) {
    return "<scram-credentials xmlns='urn:xmpp:pie:0#scram' mechanism='" + std::string(mechanism) +
           "'><iter-count>10000</iter-count><salt>c2FsdHNhbHRzYWx0c2FsdA==</salt><server-key>" + key +
           "</server-key><stored-key>" + key + "</stored-key></scram-credentials>";
  };
  const auto all = keys("SCRAM-SHA-1", std::string(27, 'A') + '=') + keys("SCRAM-SHA-256", std::string(43, 'A') + '=') +
                   keys("SCRAM-SHA-512", std::string(86, 'A') + "==");
  std::string text = "<server-data xmlns='urn:xmpp:pie:0'><host jid='localhost'>";
  for (unsigned i = 0; i < accounts; ++i) text += "<user name='user" + std::to_string(i) + "'>" + all + "</user>";
  text += "</host></server-data>";
  launch how;
  const auto data = folder.file("data");
  how.command = {couplet, "--data", data, "--import", folder.write("accounts.xml", text)};
  how.output = folder.file("output");
  process import(how);
  if (import.wait(std::chrono::seconds(60)) != 0) throw std::runtime_error("the accounts could not be imported");
  return data;
}

void report(const std::string& couplet, const scratch_folder& folder, unsigned runs, const std::string& what,
            const std::string& flag, const std::string& accounts) {
  std::vector<double> times;
  for (unsigned run = 0; run < runs; ++run) times.push_back(start_once(couplet, folder, flag, accounts));
  figure("start." + what, median(times), "ms");
}

void body(args given) {
  const unsigned runs = given.number("--runs", 20, 1, 1000);
  const std::string couplet = stand_options::from(given).couplet;
  given.finish();
  pin_to_core(1);
  const scratch_folder folder;
  for (const unsigned users : {10U, 10'000U}) {
    const std::string file = folder.write("users", account_lines(site{}, users));
    report(couplet, folder, runs, "accounts_" + std::to_string(users), "--users", file);
  }
  report(couplet, folder, runs, "stored_10000", "--data", make_data(couplet, folder, 10'000));
}

}  // namespace

int main(int argc, char** argv) {
  return run_main("bench_start", [&] { body(args(argc, argv)); });
}

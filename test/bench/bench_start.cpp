// Milliseconds from before the fork until the ready file is there, with ten accounts and with 10,000 of a file, and with 10,000 that are stored
// (--data); median of 20 starts. Then what a login with its roster costs: the server's CPU time from the connection to the last byte of the answer,
// for accounts of a file (PLAIN, in the clear) with 50 stored contacts each, 10,000 of them; none of the contacts is there.

#include <poll.h>
#include <sys/socket.h>

#include <string>
#include <vector>

#include "args.hpp"
#include "process.hpp"
#include "report.hpp"
#include "sockets.hpp"
#include "stand.hpp"
#include "stored.hpp"

namespace {

using namespace couplet::bench;

constexpr unsigned stored_accounts = 10'000, roster_size = 50, logins_of_a_round = 500;

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

/// Reads until the roster is there as a whole.
void read_roster(int fd) {
  std::string text, part(65'536, '\0');
  while (text.find("</query>") == std::string::npos) {
    pollfd wish{fd, POLLIN, 0};
    const ssize_t got = poll(&wish, 1, 10'000) == 1 ? recv(fd, part.data(), part.size(), 0) : 0;
    if (got <= 0) throw std::runtime_error("the roster did not come");
    text.append(part.data(), static_cast<std::size_t>(got));
  }
  std::size_t items = 0;
  for (auto at = text.find("<item "); at != std::string::npos; at = text.find("<item ", at + 1)) ++items;
  if (items != roster_size) throw std::runtime_error("the roster has " + std::to_string(items) + " contacts");
}

void measure_logins(stand_options how, const scratch_folder& folder, unsigned rounds) {
  store_rosters(folder.file("data"), stored_accounts, roster_size);
  how.users = stored_accounts;
  how.data = false;  // in a folder of ours
  how.arguments = {"--data", folder.file("data")};
  stand server(how, role::one);
  std::vector<double> milliseconds;
  for (unsigned round = 0; round < rounds; ++round) {
    const std::uint64_t cpu = server.cpu_ns();
    auto clients = login_crowd(server.where(), 16).log_in(round * logins_of_a_round, logins_of_a_round, false);
    for (const auto& one : clients) {
      send_all(one.fd, "<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>");
      read_roster(one.fd);
    }
    milliseconds.push_back(static_cast<double>(server.cpu_ns() - cpu) * 1e-6 / logins_of_a_round);
    close_all(clients);
  }
  figure("start.login_with_roster.best", lowest(milliseconds), "ms");
  figure("start.login_with_roster.median", median(milliseconds), "ms");
  server.stop();
}

void body(args given) {
  const unsigned runs = given.number("--runs", 20, 1, 1000);
  const stand_options how = stand_options::from(given);
  const std::string couplet = how.couplet;
  given.finish();
  pin_to_core(1);
  const scratch_folder folder;
  for (const unsigned users : {10U, 10'000U}) {
    const std::string file = folder.write("users", account_lines(site{}, users));
    report(couplet, folder, runs, "accounts_" + std::to_string(users), "--users", file);
  }
  const std::string data = make_data(couplet, folder, stored_accounts);
  report(couplet, folder, runs, "stored_10000", "--data", data);
  store_rosters(data, stored_accounts, roster_size);
  report(couplet, folder, runs, "stored_10000_rosters", "--data", data);
  measure_logins(how, folder, 5);
}

}  // namespace

int main(int argc, char** argv) {
  return run_main("bench_start", [&] { body(args(argc, argv)); });
}

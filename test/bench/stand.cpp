#include "stand.hpp"

#include <poll.h>

#include <stdexcept>

namespace couplet::bench {

namespace {

std::string with_number(std::string text, std::size_t number) {
  const std::size_t at = text.find("@N");
  return at == std::string::npos ? text : text.replace(at, 2, std::to_string(number));
}

}  // namespace

stand_options stand_options::from(args& given) {
  stand_options how;
  how.couplet = given.text("--couplet", own_folder() + "/../../couplet");
  return how;
}

stand::stand(const stand_options& how, role which) : which_(which) {
  const std::string users = folder_.write("users", account_lines(where_, how.users));
  if (which == role::one) {
    process& server = start(how, {"--listen", "127.0.0.1:0", "--listen-tls", "127.0.0.1:0", "--users", users, "--ready-file",
                                  folder_.file("ready0")});
    take_ports(server.wait_for_file(folder_.file("ready0"), how.ready_limit));
  } else {
    const std::string secret = "@" + folder_.write("secret", "a secret of the benchmark\n");
    process& manager = start(how, {"--no-clients", "--c2s", "bench:" + secret, "--listen-components", "127.0.0.1:0", "--users",
                                   users, "--ready-file", folder_.file("ready0")});
    const auto port = port_in_ready_file(manager.wait_for_file(folder_.file("ready0"), how.ready_limit), "component");
    process& front = start(how, {"--listen", "127.0.0.1:0", "--listen-tls", "127.0.0.1:0", "--sm",
                                 "127.0.0.1:" + std::to_string(port), "--sm-id", "bench", "--sm-secret", secret, "--sm-protocol",
                                 which == role::three ? "sc" : "route", "--ready-file", folder_.file("ready1")});
    take_ports(front.wait_for_file(folder_.file("ready1"), how.ready_limit));
    std::swap(processes_[0], processes_[1]);
  }
  wait_for_first_login();
}

void stand::take_ports(const std::string& ready_file) {
  where_.server.port = port_in_ready_file(ready_file, "client");
  where_.tls.port = port_in_ready_file(ready_file, "client-tls");
}

process& stand::start(const stand_options& how, std::vector<std::string> arguments) {
  const std::size_t number = processes_.size();
  launch start;
  for (const auto& word : how.wrapper) start.command.push_back(with_number(word, number));
  start.command.push_back(how.couplet);
  for (const char* word : {"--domain", "localhost", "--threads", "1", "--allow-plaintext", "--log-level", "warning",
                           "--max-bytes-per-second", "0", "--max-connects-per-ip", "0/1", "--max-connections", "0"})
    start.command.emplace_back(word);
  start.command.insert(start.command.end(), arguments.begin(), arguments.end());
  start.core = how.core;
  start.output = folder_.file("output" + std::to_string(number));
  if (!how.preload.empty()) start.environment["LD_PRELOAD"] = how.preload;
  if (!how.counts.empty()) start.environment["COUPLET_BENCH_COUNTS"] = how.counts + std::to_string(number);
  processes_.push_back(std::make_unique<process>(start));
  return *processes_.back();
}

/// In role two the listener is up before the link to the manager is.
void stand::wait_for_first_login() {
  const std::uint64_t end = now_ns() + 10'000'000'000;
  for (;;) {
    try {
      login_crowd crowd(where_, 1);
      static_cast<void>(crowd.log_in_and_out(0, 1, 1, end));
      return;
    } catch (const std::runtime_error&) {
      if (now_ns() >= end) throw;
      poll(nullptr, 0, 20);
    }
  }
}

const char* stand::name_of(std::size_t process_number) const {
  if (which_ == role::one) return "server";
  return process_number == 0 ? "front" : "manager";
}

std::uint64_t stand::cpu_ns() const {
  std::uint64_t sum = 0;
  for (const auto& one : processes_) sum += one->cpu_ns();
  return sum;
}

void stand::stop(std::chrono::milliseconds limit) {
  for (std::size_t n = 0; n < processes_.size(); ++n) {
    const int code = processes_[n]->stop(limit);
    if (code != 0) throw std::runtime_error(std::string(name_of(n)) + " ended with code " + std::to_string(code));
  }
  processes_.clear();
}

std::string account_lines(const site& where, unsigned users) {
  std::string lines;
  for (unsigned n = 0; n < users; ++n)
    lines += where.user_prefix + std::to_string(n) + "@" + where.domain + ":" + where.password + "\n";
  return lines;
}

std::vector<role> roles_from(args& given) {
  const std::string wanted = given.text("--role", "all");
  if (wanted == "1") return {role::one};
  if (wanted == "2") return {role::two};
  if (wanted == "3") return {role::three};
  if (wanted == "all") return {role::one, role::two};
  throw std::invalid_argument("--role: expected 1, 2, 3 or all, got " + wanted);
}

}  // namespace couplet::bench

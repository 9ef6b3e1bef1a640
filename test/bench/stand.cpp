#include "stand.hpp"

#include <poll.h>

#include <cstdio>
#include <stdexcept>

#include "attach.hpp"

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
  how.data = given.flag("--data");
  return how;
}

stand::stand(const stand_options& how, role which) : how_(how), which_(which) {
  users_ = folder_.write("users", account_lines(where_, how.users));
  if (which == role::one || which == role::components) {
    start_alone();
  } else {
    start_two();
  }
  wait_for_first_login();
}

void stand::start_alone() {
  std::vector<std::string> words{"--listen", "127.0.0.1:0", "--listen-tls", "127.0.0.1:0",
                                 "--users",  users_,        "--ready-file", folder_.file("ready0")};
  if (how_.data) words.insert(words.end(), {"--data", folder_.file("data")});
  if (which_ == role::components) {
    const std::string secret = "@" + folder_.write("secret", std::string(component_secret) + "\n");
    words.insert(words.end(), {"--listen-components", "127.0.0.1:0", "--component", "*.bench:" + secret});
  }
  words.insert(words.end(), how_.arguments.begin(), how_.arguments.end());
  processes_.push_back(start(0, std::move(words)));
  const std::string ready = processes_[0]->wait_for_file(folder_.file("ready0"), how_.ready_limit);
  take_ports(ready);
  if (which_ == role::components) where_.components.port = port_in_ready_file(ready, "component");
}

/// The manager is started first, and so has the number 0; it is listed last.
void stand::start_two() {
  secret_ = "@" + folder_.write("secret", "a secret of the benchmark\n");
  processes_.resize(2);
  manager_port_ = port_in_ready_file(start_manager_process(), "component");
  processes_[0] = start(1, {"--listen", "127.0.0.1:0", "--listen-tls", "127.0.0.1:0", "--sm",
                            "127.0.0.1:" + std::to_string(manager_port_), "--sm-id", "bench", "--sm-secret", secret_,
                            "--sm-protocol", which_ == role::three ? "sc" : "route", "--ready-file", folder_.file("ready1")});
  take_ports(processes_[0]->wait_for_file(folder_.file("ready1"), how_.ready_limit));
}

/// Returns what is in its ready file.
std::string stand::start_manager_process() {
  const std::string ready = folder_.file("ready0");
  std::remove(ready.c_str());
  std::vector<std::string> words{"--no-clients",
                                 "--c2s",
                                 "bench:" + secret_,
                                 "--listen-components",
                                 "127.0.0.1:" + std::to_string(manager_port_),
                                 "--users",
                                 users_,
                                 "--ready-file",
                                 ready};
  words.insert(words.end(), how_.arguments.begin(), how_.arguments.end());
  processes_[1] = start(0, std::move(words));
  return processes_[1]->wait_for_file(ready, how_.ready_limit);
}

void stand::kill_manager() {
  processes_.at(1).reset();
}

void stand::start_manager() {
  static_cast<void>(start_manager_process());
}

void stand::take_ports(const std::string& ready_file) {
  where_.server.port = port_in_ready_file(ready_file, "client");
  where_.tls.port = port_in_ready_file(ready_file, "client-tls");
}

std::unique_ptr<process> stand::start(std::size_t number, std::vector<std::string> arguments) const {
  launch start;
  for (const auto& word : how_.wrapper) start.command.push_back(with_number(word, number));
  start.command.push_back(how_.couplet);
  for (const char* word : {"--domain", "localhost", "--threads", "1", "--allow-plaintext", "--log-level", "warning",
                           "--max-bytes-per-second", "0", "--max-connects-per-ip", "0/1", "--max-connections", "0"})
    start.command.emplace_back(word);
  start.command.insert(start.command.end(), arguments.begin(), arguments.end());
  start.core = how_.core;
  start.output = folder_.file("output" + std::to_string(number));
  if (!how_.preload.empty()) start.environment["LD_PRELOAD"] = how_.preload;
  if (!how_.counts.empty()) start.environment["COUPLET_BENCH_COUNTS"] = how_.counts + std::to_string(number);
  return std::make_unique<process>(start);
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
  if (which_ == role::one || which_ == role::components) return "server";
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

std::string name_of(role which) {
  return which == role::components ? "components" : "role" + std::to_string(static_cast<int>(which));
}

std::vector<role> roles_from(args& given) {
  const std::string wanted = given.text("--role", "all");
  if (wanted == "1") return {role::one};
  if (wanted == "2") return {role::two};
  if (wanted == "3") return {role::three};
  if (wanted == "components") return {role::components};
  if (wanted == "all") return {role::one, role::two};
  throw std::invalid_argument("--role: expected 1, 2, 3, components or all, got " + wanted);
}

}  // namespace couplet::bench

// How long it takes until all sessions are back when the session manager was killed and comes again, over one link, and what those who log in
// at that time feel of it.
//
// Clients are logged in through a front server (role two or three). The manager is killed (SIGKILL), each client sends a ping, and the manager
// is started again: a ping's answer comes when its client has its session again. Time counts from the manager's ready file to the last
// answer. Meanwhile others log in and out at a steady pace, from a thread of their own, as they did before the kill.
//
// Seconds depend on the machine and on what else it does; the CPU time of both servers says what they would be on one core of its own.

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <future>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "args.hpp"
#include "login.hpp"
#include "report.hpp"
#include "stand.hpp"

namespace {

using namespace couplet::bench;

constexpr std::uint64_t return_limit_ns = 60'000'000'000;
constexpr unsigned login_accounts = 500;
constexpr std::string_view ping = "<iq type='get' id='back' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>";
constexpr std::string_view answered = "id='back'";

struct plan {
  unsigned sessions = 15'000, rounds = 3, per_second = 200, milliseconds = 3000, away_milliseconds = 500;
};

/// Clients that have asked something and wait for the answer.
class waiting_crowd {
 public:
  explicit waiting_crowd(const std::vector<client>& clients) : text_(clients.size()), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    for (std::size_t n = 0; n < clients.size(); ++n) {
      fds_.push_back(clients[n].fd);
      epoll_event wish{};
      wish.events = EPOLLIN;
      wish.data.u32 = static_cast<std::uint32_t>(n);
      epoll_ctl(epoll_, EPOLL_CTL_ADD, fds_[n], &wish);
    }
  }
  ~waiting_crowd() { close(epoll_); }
  waiting_crowd(const waiting_crowd&) = delete;
  waiting_crowd& operator=(const waiting_crowd&) = delete;

  void ask() {
    waiting_ = fds_.size();
    for (const int fd : fds_) send_all(fd, ping);
  }

  /// Returns when all have their answer.
  void hear_all() {
    const std::uint64_t end = now_ns() + return_limit_ns;
    epoll_event events[256];
    while (waiting_ > 0) {
      const int ready = epoll_wait(epoll_, events, 256, 1000);
      for (int i = 0; i < ready; ++i) hear(events[i].data.u32);
      if (now_ns() >= end) throw std::runtime_error(std::to_string(waiting_) + " sessions are not back after a minute");
    }
  }

 private:
  void hear(std::size_t n) {
    const ssize_t got = recv(fds_[n], in_.data(), in_.size(), 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) throw std::runtime_error("a client was disconnected: " + text_[n]);
    text_[n].append(in_.data(), static_cast<std::size_t>(got));
    const std::size_t at = text_[n].find(answered), end = at == std::string::npos ? at : text_[n].find('>', at);
    if (end == std::string::npos) return;
    const std::size_t begin = text_[n].rfind('<', at);
    if (text_[n].substr(begin, end - begin).find("'result'") == std::string::npos)
      throw std::runtime_error("a ping was refused: " + text_[n]);
    text_[n].clear();
    --waiting_;
  }

  std::vector<int> fds_;
  std::vector<std::string> text_;
  std::array<char, 65536> in_{};
  int epoll_;
  std::size_t waiting_ = 0;
};

double percentile(std::vector<double> values, double part) {
  if (values.empty()) throw std::runtime_error("nobody logged in");
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<std::size_t>(part * static_cast<double>(values.size())))];
}

struct measured {
  std::vector<double> seconds, front_cpu, manager_cpu;
  paced_logins before, during;
};

void add(paced_logins& sum, const paced_logins& more) {
  sum.milliseconds.insert(sum.milliseconds.end(), more.milliseconds.begin(), more.milliseconds.end());
  sum.refused += more.refused;
}

/// Calls `work` while others log in.
template <class Work>
paced_logins with_newcomers(const site& where, const plan& what, Work work) {
  std::atomic<bool> over{false};
  login_crowd crowd(where, 64);
  const pace how{what.per_second, what.sessions, login_accounts};
  auto logins = std::async(std::launch::async, [&] { return crowd.log_in_at_pace(how, [&] { return !over.load(); }); });
  try {
    work();
  } catch (...) {
    over = true;
    throw;
  }
  over = true;
  return logins.get();
}

void one_round(stand& server, waiting_crowd& crowd, const plan& what, measured& into) {
  const auto& front = server.processes()[0];
  add(into.before, with_newcomers(server.where(), what, [&] { poll(nullptr, 0, static_cast<int>(what.milliseconds)); }));
  server.kill_manager();
  crowd.ask();
  poll(nullptr, 0, static_cast<int>(what.away_milliseconds));
  server.start_manager();
  const std::uint64_t begin = now_ns(), front_cpu = front->cpu_ns(), manager_cpu = server.processes()[1]->cpu_ns();
  add(into.during, with_newcomers(server.where(), what, [&] { crowd.hear_all(); }));
  into.seconds.push_back(static_cast<double>(now_ns() - begin) * 1e-9);
  into.front_cpu.push_back(static_cast<double>(front->cpu_ns() - front_cpu) * 1e-9);
  into.manager_cpu.push_back(static_cast<double>(server.processes()[1]->cpu_ns() - manager_cpu) * 1e-9);
}

void say(const std::string& name, const plan& what, const measured& all) {
  figure(name + ".sessions", what.sessions, "sessions");
  figure(name + ".time", median(all.seconds), "s");
  figure(name + ".least_time", lowest(all.seconds), "s");
  figure(name + ".front_cpu", median(all.front_cpu), "s");
  figure(name + ".manager_cpu", median(all.manager_cpu), "s");
  const double before = percentile(all.before.milliseconds, 0.99), during = percentile(all.during.milliseconds, 0.99);
  figure(name + ".login_before_p50", percentile(all.before.milliseconds, 0.5), "ms");
  figure(name + ".login_before_p99", before, "ms");
  figure(name + ".login_during_p50", percentile(all.during.milliseconds, 0.5), "ms");
  figure(name + ".login_during_p99", during, "ms");
  figure(name + ".login_p99_ratio", during / before, "x");
  figure(name + ".logins_during", static_cast<double>(all.during.milliseconds.size()), "logins");
  figure(name + ".refused_during", static_cast<double>(all.during.refused), "logins");
}

void body(args given) {
  plan what;
  what.sessions = given.number("--sessions", 15'000, 1, 200'000);
  what.rounds = given.number("--rounds", 3, 1, 100);
  what.per_second = given.number("--logins-per-second", 200, 1, 10'000);
  what.milliseconds = given.number("--milliseconds", 3000, 100, 60'000);
  stand_options how = stand_options::from(given);
  std::vector<role> roles = roles_from(given);
  given.finish();
  if (roles == std::vector<role>{role::one, role::two}) roles = {role::two, role::three};
  for (const role which : roles)
    if (which != role::two && which != role::three)
      throw std::invalid_argument("--role: expected 2 or 3: there is no link in others");
  pin_to_core(1);
  const auto most = static_cast<unsigned>(raise_open_files(1024) - 512);
  if (what.sessions > most) {
    std::fprintf(stderr, "bench_return: %u sessions and not %u: the limit of open files allows no more\n", most, what.sessions);
    what.sessions = most;
  }
  how.users = what.sessions + login_accounts;
  for (const role which : roles) {
    stand server(how, which);
    auto clients = login_crowd(server.where(), 32).log_in(0, what.sessions, true);
    measured all;
    {
      waiting_crowd crowd(clients);
      for (unsigned round = 0; round < what.rounds; ++round) one_round(server, crowd, what, all);
    }
    say("return." + name_of(which), what, all);
    close_all(clients);
    server.stop();
  }
}

}  // namespace

int main(int argc, char** argv) {
  return run_main("bench_return", [&] { body(args(argc, argv)); });
}

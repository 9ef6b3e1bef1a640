// A presence storm: users with rosters of contacts who are all there, subscribed both ways, become available at once; then each changes its presence;
// then all go. CPU time for each presence that is delivered: of the session manager by itself, as a machine without I/O that is called directly
// (what it makes is given back to the pool, nobody writes it), and of the whole server with its sockets, with --server.

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ctime>
#include <string>
#include <utility>
#include <vector>

#include "args.hpp"
#include "base/text_pool.hpp"
#include "login.hpp"
#include "report.hpp"
#include "session/manager.hpp"
#include "stand.hpp"
#include "stored.hpp"

namespace {

using namespace couplet::bench;
using namespace couplet;

struct plan {
  unsigned users = 1'000, contacts = 50, rounds = 5;
};

constexpr std::string_view roster_request = "<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>";

std::uint64_t thread_cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
}

std::string text_of(std::string_view content) {
  auto text = base::take_text();
  text += content;
  return text;
}

/// The machine, and clients who take what it makes for them.
class machine {
 public:
  explicit machine(const plan& what) : what_(what), manager_(settings_of(), 0, 1), sessions_(what.users) {
    for (unsigned user = 0; user < what.users; ++user) {
      const auto bare = base::jid::parse(jid_of(user));
      if (!bare || !manager_.put_account(*bare, "pw")) throw std::runtime_error("no account");
    }
  }

  void log_in(unsigned user) {
    call(route::session_start(route::address(user + 1), route::address(jid_of(user) + "/bench")));
    says(user, roster_request);
  }
  void says(unsigned user, std::string_view xml) {
    // What the client's connection does with every stanza: `from` comes in front.
    call(route::stanza(route::address(user + 1), route::address(sessions_[user]), text_of(xml)));
  }
  /// Presences that were delivered since the last call.
  std::size_t delivered() { return std::exchange(delivered_, 0); }

 private:
  static session::settings settings_of() {
    session::settings s;
    s.domains = {"localhost"};
    return s;
  }

  void call(route::message&& m) {
    manager_.on_route(std::move(m), out_);
    take();
    while (!out_.to_entries.empty()) {
      const auto asked = std::exchange(out_.to_entries, {});
      out_.clear();
      for (const auto& r : asked) manager_.on_storage_answer(r.number, answer_to(r), out_);
      take();
    }
    out_.clear();
  }

  void take() {
    for (auto& m : out_.to_c2s) {
      if (auto* const s = std::get_if<route::stanza>(&m)) {
        if (std::string_view(s->xml).starts_with("<presence")) ++delivered_;
        base::give_text(std::move(s->xml));
      } else if (const auto* const started = std::get_if<route::session_started>(&m)) {
        sessions_[started->to.handle - 1] = started->from.handle;
      }
    }
    out_.to_c2s.clear();
  }

  session::storage_answer answer_to(const session::storage_request& r) const {
    session::storage_answer a;
    const auto* const read = std::get_if<session::read_entries>(&r.what);
    if (read == nullptr || read->kinds.front() != storage::entry_kind::roster_item) return a;
    const auto user = static_cast<unsigned>(std::stoul(r.owner.substr(4)));
    for (unsigned n = 0; n < what_.contacts; ++n) {
      const unsigned contact = contact_in_ring(user, n, what_.users, what_.contacts);
      a.entries.emplace_back(storage::entry_kind::roster_item, jid_of(contact), roster_item_of(contact));
    }
    return a;
  }

  plan what_;
  session::manager manager_;
  std::vector<std::uint64_t> sessions_;  ///< their handles
  session::effects out_;
  std::size_t delivered_ = 0;
};

/// One presence of each; CPU nanoseconds for each that was delivered. `expected`: how many those have to be.
double storm(machine& m, const plan& what, std::string_view presence, std::size_t expected) {
  static_cast<void>(m.delivered());
  const std::uint64_t begin = thread_cpu_ns();
  for (unsigned user = 0; user < what.users; ++user) m.says(user, presence);
  const auto spent = static_cast<double>(thread_cpu_ns() - begin);
  const std::size_t delivered = m.delivered();
  if (expected != 0 && delivered != expected)
    throw std::runtime_error("delivered " + std::to_string(delivered) + " presences instead of " + std::to_string(expected));
  return delivered == 0 ? 0 : spent / static_cast<double>(delivered);
}

void report(const std::string& name, const std::vector<double>& ns) {
  figure("presence." + name + ".best", lowest(ns) / 1000, "us/presence");
  figure("presence." + name + ".median", median(ns) / 1000, "us/presence");
}

void measure_machine(const plan& what) {
  std::vector<double> coming, changing, going;
  const std::size_t all = std::size_t{what.users} * (what.contacts + 1);  // the own one comes back as well
  for (unsigned round = 0; round < what.rounds; ++round) {
    machine m(what);
    for (unsigned user = 0; user < what.users; ++user) m.log_in(user);
    coming.push_back(storm(m, what, "<presence/>", all));
    changing.push_back(storm(m, what, "<presence><show>away</show></presence>", all));
    going.push_back(storm(m, what, "<presence type='unavailable'/>", 0));
  }
  report("machine.coming", coming);
  report("machine.changing", changing);
  report("machine.going", going);
}

/// Reads from all until so many presences have come.
class audience {
 public:
  explicit audience(const std::vector<client>& clients) : clients_(clients), tails_(clients.size()), epoll_(epoll_create1(0)) {
    for (std::uint32_t n = 0; n < clients.size(); ++n) {
      epoll_event wish{};
      wish.events = EPOLLIN;
      wish.data.u32 = n;
      epoll_ctl(epoll_, EPOLL_CTL_ADD, clients[n].fd, &wish);
    }
  }
  ~audience() { close(epoll_); }
  audience(const audience&) = delete;
  audience& operator=(const audience&) = delete;

  void count(std::string_view what, std::size_t expected) {
    const std::uint64_t give_up = now_ns() + 60'000'000'000;
    epoll_event events[64];
    for (std::size_t found = 0; found < expected;) {
      if (now_ns() >= give_up) throw std::runtime_error("only " + std::to_string(found) + " presences came");
      const int ready = epoll_wait(epoll_, events, 64, 100);
      for (int i = 0; i < ready; ++i) found += read(events[i].data.u32, what);
    }
  }

 private:
  std::size_t read(std::uint32_t n, std::string_view what) {
    const ssize_t got = recv(clients_[n].fd, in_.data(), in_.size(), 0);
    if (got <= 0) throw std::runtime_error("the server has closed a connection");
    auto& text = tails_[n];
    text.append(in_.data(), static_cast<std::size_t>(got));
    std::size_t found = 0, end = 0;
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, end)) {
      ++found;
      end = at + what.size();
    }
    text.erase(0, std::max(end, text.size() - std::min(text.size(), what.size() - 1)));
    return found;
  }

  const std::vector<client>& clients_;
  std::vector<std::string> tails_;
  std::string in_ = std::string(65'536, '\0');
  int epoll_;
};

void measure_server(stand_options how, const plan& what) {
  const scratch_folder folder;
  store_rosters(folder.file("data"), what.users, what.contacts);
  how.users = what.users;
  how.data = false;  // in a folder of ours
  how.arguments = {"--data", folder.file("data")};
  const std::size_t all = std::size_t{what.users} * (what.contacts + 1);
  std::vector<double> coming;
  for (unsigned round = 0; round < what.rounds; ++round) {
    stand server(how, role::one);
    auto clients = login_crowd(server.where(), 32).log_in(0, what.users, false);
    audience present(clients);
    for (const auto& one : clients) send_all(one.fd, roster_request);
    present.count("</query>", what.users);
    const std::uint64_t cpu = server.cpu_ns();
    for (const auto& one : clients) send_all(one.fd, "<presence/>");
    present.count("<presence ", all);
    coming.push_back(static_cast<double>(server.cpu_ns() - cpu) / static_cast<double>(all));
    close_all(clients);
    server.stop();
  }
  report("server.coming", coming);
}

void body(args given) {
  plan what;
  what.users = given.number("--users", what.users, 3, 9'000);
  what.contacts = given.number("--contacts", what.contacts, 2, 1'000) & ~1U;
  what.rounds = given.number("--rounds", what.rounds, 1, 100);
  const bool server = given.flag("--server");
  const stand_options how = stand_options::from(given);
  given.finish();
  if (what.contacts >= what.users) throw std::invalid_argument("--contacts: more users than contacts are needed");
  pin_to_core(1);
  measure_machine(what);
  if (!server) return;
  static_cast<void>(raise_open_files(what.users + 128));
  measure_server(how, what);
}

}  // namespace

int main(int argc, char** argv) {
  return run_main("bench_presence", [&] { body(args(argc, argv)); });
}

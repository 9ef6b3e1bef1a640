// What one forwarded stanza of 300 bytes costs the server, counted and so the same on a busy machine: allocations (by a
// preloaded library) and instructions (by callgrind), on the path client, session manager, client, or from a component to another one. One pair, one message
// under way: each message is read, routed and written by itself.
//
// Allocations are read while the server runs: after the warm-up and again after the measured messages. Instructions are the
// difference of two runs that differ in the number of messages only, so that start, login and end cancel out.

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "args.hpp"
#include "attach.hpp"
#include "counts.hpp"
#include "login.hpp"
#include "pairs.hpp"
#include "report.hpp"
#include "stand.hpp"

namespace {

using namespace couplet::bench;

constexpr std::uint64_t ten_minutes_ns = 600'000'000'000;

struct plan {
  unsigned warm_up = 2000, messages = 10'000, size = 300, in_flight = 1;
  std::string keep;  ///< folder for callgrind's files
};

/// A pair of clients that are logged in, or of components, and the load between them.
class one_pair {
 public:
  one_pair(const stand& server, role which, const plan& what) {
    const bool components = which == role::components;
    clients_ = components ? attach_components(server.where(), 2) : login_crowd(server.where(), 2).log_in(0, 2, true);
    std::vector<std::string> messages;
    for (std::size_t n = 0; n < 2; ++n)
      messages.push_back(make_message(clients_[n ^ 1U].jid, what.size, 0, components ? clients_[n].jid : std::string()));
    load_ =
        std::make_unique<pair_load>(std::vector<int>{clients_[0].fd, clients_[1].fd}, messages, what.in_flight, answer::credit);
  }
  ~one_pair() { close_all(clients_); }
  one_pair(const one_pair&) = delete;
  one_pair& operator=(const one_pair&) = delete;

  void send(std::uint64_t messages) { static_cast<void>(load_->run(ten_minutes_ns, messages)); }

 private:
  std::vector<client> clients_;
  std::unique_ptr<pair_load> load_;
};

const allocation_counts& map_counts(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  void* const mapped = file < 0 ? MAP_FAILED : mmap(nullptr, sizeof(allocation_counts), PROT_READ, MAP_SHARED, file, 0);
  if (file >= 0) close(file);
  if (mapped == MAP_FAILED) throw std::runtime_error("the server has not loaded the counting library");
  return *static_cast<const allocation_counts*>(mapped);
}

std::string name_of(role which, const stand& server, std::size_t number) {
  return "counts." + name_of(which) + "." + server.name_of(number);
}

void count_allocations(stand_options how, role which, const plan& what) {
  const scratch_folder folder;
  how.preload = own_folder() + "/count_allocations.so";
  how.counts = folder.file("counts");
  stand server(how, which);
  // The manager of role two is started first and so has the number 0; it is listed last.
  std::vector<const allocation_counts*> counts;
  for (std::size_t n = server.processes().size(); n-- > 0;) counts.push_back(&map_counts(how.counts + std::to_string(n)));
  one_pair pair(server, which, what);
  pair.send(what.warm_up);
  std::vector<std::uint64_t> calls, bytes;
  for (const auto* one : counts) calls.push_back(one->calls), bytes.push_back(one->bytes);
  pair.send(what.messages);
  for (std::size_t n = 0; n < counts.size(); ++n) {
    const std::string name = name_of(which, server, n);
    figure(name + ".allocations", static_cast<double>(counts[n]->calls - calls[n]) / what.messages, "allocations/stanza");
    figure(name + ".allocated", static_cast<double>(counts[n]->bytes - bytes[n]) / what.messages, "bytes/stanza");
  }
  server.stop();
}

double instructions_in(const std::string& path) {
  std::ifstream in(path);
  std::string word;
  double total = 0;
  while (in >> word)
    if (word == "summary:" || word == "totals:") in >> total;
  if (total <= 0) throw std::runtime_error("callgrind left no total in " + path);
  return total;
}

/// Instructions of each process for a whole life with that many messages.
std::vector<double> run_under_callgrind(stand_options how, role which, const plan& what, unsigned messages,
                                        std::vector<std::string>& names) {
  const scratch_folder folder;
  const std::string kept = what.keep + "/callgrind." + name_of(which) + "." + std::to_string(messages);
  const std::string out = what.keep.empty() ? folder.file("callgrind") : kept;
  how.wrapper = {"valgrind", "--quiet", "--tool=callgrind", "--callgrind-out-file=" + out + ".@N"};
  how.ready_limit = std::chrono::minutes(2);
  stand server(how, which);
  std::vector<std::string> files;
  for (std::size_t n = server.processes().size(); n-- > 0;) files.push_back(out + "." + std::to_string(n));
  names.clear();
  for (std::size_t n = 0; n < files.size(); ++n) names.push_back(name_of(which, server, n));
  one_pair(server, which, what).send(messages);
  server.stop(std::chrono::minutes(2));
  std::vector<double> totals;
  for (const auto& file : files) totals.push_back(instructions_in(file));
  return totals;
}

void count_instructions(const stand_options& how, role which, const plan& what) {
  std::vector<std::string> names;
  const auto few = run_under_callgrind(how, which, what, what.warm_up, names);
  const auto many = run_under_callgrind(how, which, what, what.warm_up + what.messages, names);
  for (std::size_t n = 0; n < names.size(); ++n)
    figure(names[n] + ".instructions", (many[n] - few[n]) / what.messages, "instructions/stanza");
}

void body(args given) {
  plan what;
  what.messages = given.number("--messages", 10'000, 100, 1'000'000);
  what.warm_up = given.number("--warm-up", 2000, 100, 1'000'000);
  what.size = given.number("--size", 300, 120, 8000);
  what.in_flight = given.number("--in-flight", 1, 1, 64);
  what.keep = given.text("--keep-callgrind", "");
  const bool no_instructions = given.flag("--no-instructions");
  stand_options how = stand_options::from(given);
  const std::vector<role> roles = roles_from(given);
  given.finish();
  pin_to_core(1);
  how.users = 2;
  for (const role which : roles) {
    count_allocations(how, which, what);
    if (!no_instructions) count_instructions(how, which, what);
  }
}

}  // namespace

int main(int argc, char** argv) {
  return run_main("bench_counts", [&] { body(args(argc, argv)); });
}

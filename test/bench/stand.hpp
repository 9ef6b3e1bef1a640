#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "args.hpp"
#include "login.hpp"
#include "process.hpp"

namespace couplet::bench {

/// Who does what in the server under test.
enum class role : int {
  one = 1,        ///< one process: clients and the embedded session manager
  two = 2,        ///< two processes: the clients' server in front of another one that is the session manager
  three = 3,      ///< the same, with sessions by session control (--sm-protocol sc)
  components = 4  ///< one process as in role one, where components may connect, too
};

/// "role1", "components": in the figures' names.
[[nodiscard]] std::string name_of(role which);

/// How to start the server under test.
struct stand_options {
  std::string couplet;                 ///< the binary
  std::vector<std::string> wrapper;    ///< put in front of its command line, as valgrind; @N in it is the process's number
  std::string preload;                 ///< a library for LD_PRELOAD, or nothing
  std::string counts;                  ///< file for the counting library, the process's number is appended; or nothing
  bool data = false;                   ///< roles of one process: the server has --data, and so archives what is said
  unsigned users = 10'000;             ///< accounts user0 .. user(n-1)
  std::vector<std::string> arguments;  ///< added to the command line of the process that has the session manager
  int core = 0;
  std::chrono::milliseconds ready_limit{10'000};

  /// Takes --couplet (the default is the binary of the same build) and --data from the command line.
  static stand_options from(args& given);
};

/// The server under test, running: one process or two, every limit on rates off (a benchmark would only measure the
/// limit), one shard each.
class stand {
 public:
  stand(const stand_options& how, role which);

  [[nodiscard]] const site& where() const noexcept { return where_; }
  /// Role one: the server. Role two: first the clients' side, then the manager's.
  [[nodiscard]] const std::vector<std::unique_ptr<process>>& processes() const noexcept { return processes_; }
  [[nodiscard]] const char* name_of(std::size_t process_number) const;
  /// CPU time of all processes.
  [[nodiscard]] std::uint64_t cpu_ns() const;
  /// Kills the manager of role two or three where it stands (SIGKILL).
  void kill_manager();
  /// Starts it again, on the same port, and returns when it is ready.
  void start_manager();
  /// Stops them, clients' side first. Throws std::runtime_error where one does not end with 0.
  void stop(std::chrono::milliseconds limit = std::chrono::milliseconds(15'000));

 private:
  [[nodiscard]] std::unique_ptr<process> start(std::size_t number, std::vector<std::string> arguments) const;
  std::string start_manager_process();
  void start_alone();
  void start_two();
  void take_ports(const std::string& ready_file);
  void wait_for_first_login();

  const stand_options how_;
  scratch_folder folder_;
  site where_;
  role which_;
  std::string users_, secret_;  ///< files
  std::uint16_t manager_port_ = 0;
  std::vector<std::unique_ptr<process>> processes_;
};

/// The lines of an account file: user0@localhost:pw and so on.
[[nodiscard]] std::string account_lines(const site& where, unsigned users);

/// The roles to run: --role 1, 2, 3, components, or --role all (the default): 1 and 2.
[[nodiscard]] std::vector<role> roles_from(args& given);

}  // namespace couplet::bench

#include "spawn.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "descriptor.hpp"

namespace couplet::credentials {

namespace {

/// All that the new process needs, made before: between fork and exec nothing may allocate or lock.
struct recipe {
  recipe(const std::vector<std::string>& words, std::array<int, 3> standard_, int failure_)
      : standard(standard_), failure(failure_), parent(::getpid()) {
    for (const auto& w : words) arguments.push_back(const_cast<char*>(w.c_str()));
    arguments.push_back(nullptr);
    for (char** v = environ; v != nullptr && *v != nullptr; ++v) {
      if (!std::string_view(*v).starts_with("COUPLET_")) variables.push_back(*v);
    }
    variables.push_back(nullptr);
  }
  std::vector<char*> arguments;
  std::vector<char*> variables;
  std::array<int, 3> standard;
  int failure;
  pid_t parent;
};

constexpr int above_standard = 3;

/// In the new process. Returns where it failed.
void execute(recipe& r) {
  ::setpgid(0, 0);
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::getppid() != r.parent) return;
  // A number below 3 could be overwritten before it is used.
  for (auto& d : r.standard) d = ::fcntl(d, F_DUPFD_CLOEXEC, above_standard);
  r.failure = ::fcntl(r.failure, F_DUPFD_CLOEXEC, above_standard);
  for (int i = 0; i < above_standard; ++i) {
    if (::dup2(r.standard[static_cast<std::size_t>(i)], i) < 0) return;
  }
  // All of ours are closed by exec anyway; this is for those of libraries.
  ::close_range(above_standard, ~0U, CLOSE_RANGE_CLOEXEC);
  for (int s = 1; s < NSIG; ++s) ::signal(s, SIG_DFL);  // also those that we ignore, which exec would leave ignored
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(r.arguments[0], r.arguments.data(), r.variables.data());
}

[[noreturn]] void be_child(recipe& r) {
  errno = ECHILD;
  execute(r);
  const int why = errno;
  [[maybe_unused]] const auto told = ::write(r.failure, &why, sizeof why);
  ::_exit(127);
}

/// 0: it runs.
int wait_for_exec(int failure) {
  int why = 0;
  ssize_t n = 0;
  do {
    n = ::read(failure, &why, sizeof why);
  } while (n < 0 && errno == EINTR);
  return n == static_cast<ssize_t>(sizeof why) ? why : 0;
}

}  // namespace

std::vector<std::string> split_command(std::string_view command) {
  constexpr std::string_view blanks = " \t";
  std::vector<std::string> words;
  for (auto begin = command.find_first_not_of(blanks); begin != std::string_view::npos;
       begin = command.find_first_not_of(blanks, begin)) {
    const auto end = std::min(command.find_first_of(blanks, begin), command.size());
    words.emplace_back(command.substr(begin, end - begin));
    begin = end;
  }
  return words;
}

std::optional<std::string> fault_of_command(const std::vector<std::string>& words) {
  if (words.empty()) return "expected a program and its arguments";
  const auto& program = words[0];
  if (!program.starts_with('/')) return "expected an absolute path instead of " + program;
  struct stat about {};
  if (::stat(program.c_str(), &about) != 0) return program + ": " + std::strerror(errno);
  if (!S_ISREG(about.st_mode)) return program + " is not a file";
  if (::access(program.c_str(), X_OK) != 0) return program + " may not be executed";
  return std::nullopt;
}

base::result<pid_t> spawn(const std::vector<std::string>& words, int input, int output, int errors) {
  pipe_ends failure;
  recipe r(words, {input, output, errors}, failure.write.get());
  // Our signal handlers must not run in the new process: they would speak for this one.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t id = ::fork();
  if (id == 0) be_child(r);
  const int not_forked = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (id < 0) return base::error(std::string("no process: ") + std::strerror(not_forked));
  failure.write.close();
  const int why = wait_for_exec(failure.read.get());
  if (why == 0) return id;
  while (::waitpid(id, nullptr, 0) < 0 && errno == EINTR) {
  }
  return base::error(words[0] + " cannot be started: " + std::strerror(why));
}

}  // namespace couplet::credentials

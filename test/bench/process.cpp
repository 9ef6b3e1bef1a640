#include "process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace couplet::bench {

namespace {

using steady = std::chrono::steady_clock;

std::string read_all(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

int milliseconds_until(steady::time_point end) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - steady::now()).count();
  return left < 0 ? 0 : static_cast<int>(left);
}

[[noreturn]] void become(const launch& how, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // we were already gone when the line above took hold
  if (how.core >= 0) pin_to_core(how.core);
  if (!how.output.empty()) {
    const int file = open(how.output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file >= 0) {
      dup2(file, 1);
      dup2(file, 2);
    }
  }
  for (const auto& [name, value] : how.environment) setenv(name.c_str(), value.c_str(), 1);
  std::vector<char*> words;
  for (const auto& word : how.command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  execvp(words[0], words.data());
  static_cast<void>(!write(2, "cannot be executed\n", 19));
  _exit(127);
}

}  // namespace

scratch_folder::scratch_folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "couplet-bench-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder: " + std::string(strerror(errno)));
  path_ = pattern;
}

scratch_folder::~scratch_folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string scratch_folder::write(std::string_view name, std::string_view content) const {
  const std::string path = file(name);
  const int out = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const bool good = out >= 0 && ::write(out, content.data(), content.size()) == static_cast<ssize_t>(content.size());
  if (out >= 0) close(out);
  if (!good) throw std::runtime_error("cannot write " + path);
  return path;
}

one_at_a_time::one_at_a_time() {
  const std::string path = (std::filesystem::temp_directory_path() / "couplet-bench.lock").string();
  file_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  const auto end = steady::now() + std::chrono::minutes(10);
  while (file_ >= 0 && flock(file_, LOCK_EX | LOCK_NB) != 0) {
    if (steady::now() >= end) {
      close(file_);
      throw std::runtime_error("another benchmark has been running for ten minutes");
    }
    poll(nullptr, 0, 200);
  }
}

one_at_a_time::~one_at_a_time() {
  if (file_ >= 0) close(file_);
}

process::process(const launch& how) : name_(how.command.at(0)), output_(how.output) {
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("fork: " + std::string(strerror(errno)));
  if (pid_ == 0) become(how, parent);
  // Not pidfd_open: the header of glibc 2.36 forgets extern "C".
  pidfd_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  if (pidfd_ < 0) fail("pidfd_open: " + std::string(strerror(errno)));
}

process::~process() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  if (pidfd_ >= 0) close(pidfd_);
}

void process::fail(const std::string& what) const {
  std::string text = output_.empty() ? "" : read_all(output_);
  if (text.size() > 600) text.erase(0, text.size() - 600);
  throw std::runtime_error(name_ + ": " + what + (text.empty() ? "" : "; its last words:\n" + text));
}

std::string process::wait_for_file(const std::string& path, std::chrono::milliseconds limit) {
  // inotify and not polling: bench_start measures with this.
  const auto end = steady::now() + limit;
  const int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  const std::string folder = std::filesystem::path(path).parent_path();
  inotify_add_watch(watch, folder.c_str(), IN_MOVED_TO | IN_CLOSE_WRITE);
  std::string content;
  bool dead = false;
  while ((content = read_all(path)).empty() && !dead && milliseconds_until(end) > 0) {
    pollfd fds[2] = {{watch, POLLIN, 0}, {pidfd_, POLLIN, 0}};
    poll(fds, 2, milliseconds_until(end));
    char events[4096];
    while (read(watch, events, sizeof events) > 0) {
    }
    dead = (fds[1].revents & POLLIN) != 0;
  }
  close(watch);
  if (!content.empty()) return content;
  fail(dead ? "ended before it was ready" : "was not ready in time");
}

int process::stop(std::chrono::milliseconds limit) {
  kill(pid_, SIGTERM);
  return wait(limit);
}

int process::wait(std::chrono::milliseconds limit) {
  pollfd fd{pidfd_, POLLIN, 0};
  const bool ended = poll(&fd, 1, static_cast<int>(limit.count())) == 1;
  if (!ended) kill(pid_, SIGKILL);
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  if (!ended) fail("did not end in time");
  if (!WIFEXITED(status)) fail("died of signal " + std::to_string(WTERMSIG(status)));
  return WEXITSTATUS(status);
}

std::uint64_t process::cpu_ns() const {
  return cpu_ns_of(pid_);
}

memory process::memory_now() const {
  std::ifstream in("/proc/" + std::to_string(pid_) + "/smaps_rollup");
  memory found;
  std::string line;
  while (std::getline(in, line)) {
    std::istringstream words(line);
    std::string key;
    std::uint64_t kilobytes = 0;
    if (!(words >> key >> kilobytes)) continue;
    if (key == "Private_Dirty:") found.private_dirty = kilobytes * 1024;
    if (key == "Anonymous:") found.anonymous = kilobytes * 1024;
    if (key == "Rss:") found.resident = kilobytes * 1024;
  }
  if (found.resident == 0) fail("no memory figures");
  return found;
}

memory process::memory_settled() const {
  memory last = memory_now();
  for (int reading = 0; reading < 30; ++reading) {
    poll(nullptr, 0, 100);
    const memory now = memory_now();
    if (now.private_dirty == last.private_dirty) return now;
    last = now;
  }
  return last;
}

std::uint64_t process::peak_resident() const {
  std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::strtoull(line.c_str() + 6, nullptr, 10) * 1024;
  fail("no memory figures");
}

void process::forget_peak() const {
  std::ofstream("/proc/" + std::to_string(pid_) + "/clear_refs") << "5\n";
}

std::uint64_t cpu_ns_of(pid_t pid) {
  clockid_t clock{};
  timespec now{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &now) != 0)
    throw std::runtime_error("no CPU time for process " + std::to_string(pid));
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
}

std::uint16_t port_in_ready_file(std::string_view json, std::string_view kind) {
  std::string dense;
  for (const char c : json)
    if (c != ' ' && c != '\n' && c != '\r' && c != '\t') dense += c;
  const std::size_t at = dense.find("\"kind\":\"" + std::string(kind) + "\"");
  const std::size_t end = at == std::string::npos ? at : dense.find('}', at);
  const std::size_t begin = end == std::string::npos ? end : dense.rfind('{', at);
  const std::size_t port = begin == std::string::npos ? begin : dense.find("\"port\":", begin);
  if (port == std::string::npos || port > end)
    throw std::runtime_error("the ready file names no listener of the kind " + std::string(kind));
  return static_cast<std::uint16_t>(std::strtoul(dense.c_str() + port + 7, nullptr, 10));
}

void pin_to_core(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(core), &set);
  sched_setaffinity(0, sizeof set, &set);
}

std::string own_folder() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path();
}

}  // namespace couplet::bench

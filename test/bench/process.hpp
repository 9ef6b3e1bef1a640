#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace couplet::bench {

/// A folder of our own below the system's temporary one; gone with everything in it when the object goes.
class scratch_folder {
 public:
  scratch_folder();
  ~scratch_folder();
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;

  [[nodiscard]] std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }
  /// Writes a file (mode 0600) and returns its path. Throws std::runtime_error.
  std::string write(std::string_view name, std::string_view content) const;

 private:
  std::string path_;
};

/// Held while a benchmark runs: all pin to the same two cores, so two at a time would measure each other. The constructor
/// waits for the other one (ten minutes at most, then throws std::runtime_error). Where the lock file cannot be opened there
/// is nothing to wait for.
class one_at_a_time {
 public:
  one_at_a_time();
  ~one_at_a_time();
  one_at_a_time(const one_at_a_time&) = delete;
  one_at_a_time& operator=(const one_at_a_time&) = delete;

 private:
  int file_;
};

/// What the kernel says a process holds, in bytes (/proc/PID/smaps_rollup).
struct memory {
  std::uint64_t private_dirty = 0;
  std::uint64_t anonymous = 0;
  std::uint64_t resident = 0;
};

/// How to start a program.
struct launch {
  std::vector<std::string> command;                ///< program and arguments; looked up in PATH
  std::map<std::string, std::string> environment;  ///< added to ours
  int core = -1;                                   ///< pin to this core before exec; -1: leave it
  std::string output;                              ///< standard output and error go to this file
};

/// A child process. It never outlives us: the kernel kills it when we die, the destructor when we leave.
class process {
 public:
  explicit process(const launch& how);
  ~process();
  process(const process&) = delete;
  process& operator=(const process&) = delete;

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }

  /// Waits until the file exists and returns its content. Throws std::runtime_error with the end of the program's output
  /// where it dies first, or where the time is over.
  [[nodiscard]] std::string wait_for_file(const std::string& path, std::chrono::milliseconds limit);

  /// SIGTERM, then wait; returns the exit code. Throws std::runtime_error where it had to be killed or died of a signal.
  int stop(std::chrono::milliseconds limit);

  /// The same for one that ends by itself.
  int wait(std::chrono::milliseconds limit);

  [[nodiscard]] std::uint64_t cpu_ns() const;
  [[nodiscard]] memory memory_now() const;
  /// Memory once it stands still: two readings 100 ms apart that are equal, three seconds at most.
  [[nodiscard]] memory memory_settled() const;
  /// The most that was resident, in bytes, since the start or since forget_peak().
  [[nodiscard]] std::uint64_t peak_resident() const;
  void forget_peak() const;

 private:
  [[noreturn]] void fail(const std::string& what) const;

  pid_t pid_ = -1;
  int pidfd_ = -1;
  std::string name_;
  std::string output_;
};

/// CPU time of any process, all its threads, in nanoseconds. Throws std::runtime_error where there is none.
[[nodiscard]] std::uint64_t cpu_ns_of(pid_t pid);

/// The port of the first listener of that kind in a ready file's JSON. Throws std::runtime_error where there is none.
[[nodiscard]] std::uint16_t port_in_ready_file(std::string_view json, std::string_view kind);

/// Pins the calling process to one core; does nothing where the machine has no such core.
void pin_to_core(int core);

/// The folder this program lies in, so that its neighbours (the relay, the counting library, the server) are found.
[[nodiscard]] std::string own_folder();

}  // namespace couplet::bench

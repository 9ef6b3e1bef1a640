#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "credentials/command_protocol.hpp"
#include "descriptor.hpp"

namespace couplet::credentials {

/// A program that runs until it is destroyed, with pipes to its standard input and output.
class child {
 public:
  /// `words`: an absolute path and arguments. `errors`: what becomes its standard error. The program is killed with the calling thread, so
  /// no thread may start one that it does not outlive.
  static base::result<std::unique_ptr<child>> start(const std::vector<std::string>& words, int errors);
  /// Kills it with all that it started in its process group, and takes its exit status, so that no zombie stays.
  ~child();
  child(const child&) = delete;
  child& operator=(const child&) = delete;

  /// Whether it still runs, as far as is known, and has said nothing without being asked.
  bool is_ready() const noexcept;

  /// No more questions: a program that keeps to the protocol ends now.
  void close_input() noexcept { input_.close(); }

  enum class end : unsigned char { answered, broken, late, stopped };
  /// Puts a question, and waits for the answer until `deadline`, or until `stop` becomes readable. `answer` is what came.
  /// After anything but `answered` with right or wrong it is of no use any more.
  end converse(command_protocol p, std::string_view question, base::time_point deadline, int stop, reply& answer);

 private:
  child(pid_t id, descriptor input, descriptor output) noexcept : id_(id), input_(std::move(input)), output_(std::move(output)) {}
  bool write_some(std::string_view& rest) noexcept;
  bool read_some(std::string& got);

  pid_t id_;
  descriptor input_;
  descriptor output_;
};

}  // namespace couplet::credentials

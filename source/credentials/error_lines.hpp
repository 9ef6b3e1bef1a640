#pragma once

#include <string>
#include <string_view>
#include <thread>

#include "base/clock.hpp"
#include "descriptor.hpp"
#include "limits/token_bucket.hpp"

namespace couplet::credentials {

/// Takes what programs write to standard error to our log, line by line, on a thread of its own: a program that nobody
/// listens to would stop in the middle of a line.
class error_lines {
 public:
  error_lines();
  ~error_lines();
  error_lines(const error_lines&) = delete;
  error_lines& operator=(const error_lines&) = delete;

  /// For the programs to write to.
  int descriptor_to_write() const noexcept { return pipe_.write.get(); }

 private:
  void read_loop() noexcept;
  void take(std::string_view bytes);
  void log_line();

  pipe_ends pipe_;
  raised_flag stop_;
  std::string line_;
  limits::token_bucket rate_;
  unsigned left_out_ = 0;
  std::thread thread_;
};

}  // namespace couplet::credentials

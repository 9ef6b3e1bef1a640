#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace couplet::base::log {

/// What waits for the thread that writes. From any thread.
class line_queue {
 public:
  static constexpr std::size_t most_bytes = 256U << 10U;

  /// A line without its line feed. False: nobody writes now; it is for the caller to write it.
  bool put(std::string_view line);

  /// The writer's side. open(); then take() hands out what waits, with an end of line behind each, and how many were lost behind them;
  /// it waits for something, and answers false when close() was called and nothing is left.
  void open() noexcept;
  bool take(std::string& into, std::uint64_t& lost);
  /// What was taken is written.
  void written() noexcept;

  /// No more is put; waits until all is written. False: it is not, in that time; from then on put() loses everything.
  bool close(std::chrono::milliseconds at_most);

 private:
  enum class state : unsigned char { nobody, open, closing, stuck };
  std::mutex mutex_;
  std::condition_variable something_;
  std::condition_variable done_;
  std::string waiting_;  ///< under the mutex, as is the rest
  std::uint64_t lost_ = 0;
  bool writing_ = false;
  state state_ = state::nobody;
};

/// Of the process; it is never destroyed, since a thread that is stuck in a write may outlive everything.
line_queue& queue();

/// Writes lines, each with its line feed, to standard error and waits as long as that takes. Never two halves of lines in one write of
/// at most PIPE_BUF bytes, so that lines of several processes do not mix. What cannot be written at all is dropped.
void write_lines(std::string_view lines) noexcept;

/// The text of a line, without its line feed, as write() makes it.
void append_lost(std::string& out, std::uint64_t lost);

}  // namespace couplet::base::log

#include "log_queue.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

namespace couplet::base::log {

bool line_queue::put(std::string_view line) {
  const std::lock_guard lock(mutex_);
  if (state_ == state::nobody) return false;
  // Behind a line that was lost none is taken until the writer has been here: it says there how many are missing.
  if (state_ == state::stuck || lost_ != 0 || waiting_.size() + line.size() + 1 > most_bytes) {
    ++lost_;
    return true;
  }
  const bool was_empty = waiting_.empty();
  waiting_.append(line).push_back('\n');
  if (was_empty) something_.notify_one();
  return true;
}

void line_queue::open() noexcept {
  const std::lock_guard lock(mutex_);
  state_ = state::open;
}

bool line_queue::take(std::string& into, std::uint64_t& lost) {
  std::unique_lock lock(mutex_);
  something_.wait(lock, [this] { return !waiting_.empty() || lost_ != 0 || state_ != state::open; });
  if (waiting_.empty() && lost_ == 0) return false;
  if (state_ == state::stuck) return false;
  into.clear();
  std::swap(into, waiting_);
  lost = std::exchange(lost_, 0);
  writing_ = true;
  return true;
}

void line_queue::written() noexcept {
  const std::lock_guard lock(mutex_);
  writing_ = false;
  done_.notify_all();
}

bool line_queue::close(std::chrono::milliseconds at_most) {
  std::unique_lock lock(mutex_);
  if (state_ != state::open) return true;
  state_ = state::closing;
  something_.notify_all();
  const bool all = done_.wait_for(lock, at_most, [this] { return waiting_.empty() && lost_ == 0 && !writing_; });
  state_ = all ? state::nobody : state::stuck;
  return all;
}

line_queue& queue() {
  static auto& q = *new line_queue;
  return q;
}

namespace {

/// As many whole lines as fit into one write that does not mix with others'; at least one.
std::size_t first_lines(std::string_view lines) noexcept {
  constexpr std::size_t most = PIPE_BUF;
  if (lines.size() <= most) return lines.size();
  const auto last = lines.substr(0, most).rfind('\n');
  if (last != std::string_view::npos) return last + 1;
  return std::min(lines.find('\n'), lines.size() - 1) + 1;
}

/// False: it never will be written.
bool write_whole(std::string_view text) noexcept {
  while (!text.empty()) {
    const auto n = ::write(STDERR_FILENO, text.data(), text.size());
    if (n > 0) {
      text.remove_prefix(static_cast<std::size_t>(n));
    } else if (n < 0 && errno == EAGAIN) {
      // Somebody else made it non-blocking.
      pollfd room{STDERR_FILENO, POLLOUT, 0};
      ::poll(&room, 1, -1);
    } else if (n == 0 || errno != EINTR) {
      return false;
    }
  }
  return true;
}

}  // namespace

void write_lines(std::string_view lines) noexcept {
  while (!lines.empty()) {
    const auto size = first_lines(lines);
    write_whole(lines.substr(0, size));
    lines.remove_prefix(size);
  }
}

}  // namespace couplet::base::log

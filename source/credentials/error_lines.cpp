#include "error_lines.hpp"

#include <poll.h>
#include <pthread.h>

#include <array>
#include <cerrno>
#include <exception>

#include "base/log.hpp"

namespace couplet::credentials {

namespace {
constexpr std::uint64_t bytes_per_second = 8 * 1024;  // more is left out
constexpr std::uint64_t bytes_around_a_line = 64;
}  // namespace

error_lines::error_lines() : thread_([this] { read_loop(); }) {
  pthread_setname_np(thread_.native_handle(), "auth-errors");
}

error_lines::~error_lines() {
  stop_.raise();
  thread_.join();
}

void error_lines::read_loop() noexcept {
  std::array<char, 4096> part{};
  bool stopped = false;
  // Then what was written before is taken, but nobody is listened to for ever.
  for (int rounds_after_stop = 16; rounds_after_stop > 0; rounds_after_stop -= stopped ? 1 : 0) {
    std::array<pollfd, 2> fds{{{pipe_.read.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
    if (::poll(fds.data(), fds.size(), -1) < 0) {
      if (errno == EINTR) continue;
      return;
    }
    stopped = fds[1].revents != 0;
    if ((fds[0].revents & POLLIN) != 0) {
      const auto n = ::read(pipe_.read.get(), part.data(), part.size());
      if (n > 0) take(std::string_view(part.data(), static_cast<std::size_t>(n)));
    } else if (stopped) {
      return;
    }
  }
}

void error_lines::take(std::string_view bytes) {
  for (const char c : bytes) {
    if (c != '\n') line_ += c;
    if (c == '\n' || line_.size() == base::log::max_value_bytes) log_line();
  }
}

void error_lines::log_line() {
  const auto now = base::clock::now();
  if (rate_.ready_at() > now) {
    ++left_out_;
  } else if (!line_.empty()) {
    rate_.take(bytes_per_second, line_.size() + bytes_around_a_line, now);
    if (left_out_ != 0) base::log::warning("lines of --auth-command were left out", {{"lines", left_out_}});
    left_out_ = 0;
    base::log::warning("--auth-command says", {{"line", line_}});
  }
  line_.clear();
}

}  // namespace couplet::credentials

#include "base/log_writer.hpp"

#include <pthread.h>
#include <signal.h>

#include <system_error>
#include <thread>

#include "log_queue.hpp"

namespace couplet::base::log {

namespace {

constexpr auto at_the_end = std::chrono::seconds(1);

void write_what_comes() noexcept {
  std::string lines;
  std::uint64_t lost = 0;
  while (queue().take(lines, lost)) {
    if (lost != 0) {
      append_lost(lines, lost);
      lines += '\n';
    }
    write_lines(lines);
    queue().written();
  }
}

}  // namespace

background_writer::background_writer() {
  // Signals are for the others; SIGPIPE is an error of the write.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    queue().open();
    std::thread writer(write_what_comes);
    pthread_setname_np(writer.native_handle(), "log");
    // Nobody joins it: it may be stuck in a write for ever, and finish() knows when it has done all.
    writer.detach();
  } catch (const std::system_error&) {
    queue().close(std::chrono::milliseconds(0));
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

background_writer::~background_writer() {
  finish(at_the_end);
}

void background_writer::finish(std::chrono::milliseconds at_most) noexcept {
  queue().close(at_most);
}

}  // namespace couplet::base::log

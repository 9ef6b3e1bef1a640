#include "process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "server/server.hpp"

namespace couplet::server {

namespace {

sigset_t ours() noexcept {
  sigset_t s;
  ::sigemptyset(&s);
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) ::sigaddset(&s, number);
  return s;
}

}  // namespace

void prepare_process() noexcept {
  const auto s = ours();
  ::pthread_sigmask(SIG_BLOCK, &s, nullptr);
  // What is said on a standard descriptor that was closed must not reach whoever got its number.
  for (int number = STDIN_FILENO; number <= STDERR_FILENO; ++number) {
    if (::fcntl(number, F_GETFD) < 0 && ::open("/dev/null", O_RDWR | O_CLOEXEC) < 0) return;
  }
}

void let_signals_in() noexcept {
  const auto s = ours();
  ::pthread_sigmask(SIG_UNBLOCK, &s, nullptr);
}

}  // namespace couplet::server

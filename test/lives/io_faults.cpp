#include "io_faults.hpp"

#include <sys/socket.h>
#include <sys/types.h>

#include <cerrno>

extern "C" {
ssize_t __real_recv(int descriptor, void* into, std::size_t size, int flags);
ssize_t __real_send(int descriptor, const void* from, std::size_t size, int flags);
}

namespace couplet::lives {

namespace {
thread_local std::size_t failing = 0;
thread_local std::size_t counted = 0;

bool fails_now() {
  return ++counted == failing;
}
}  // namespace

void fail_io(std::size_t nth) noexcept {
  failing = nth;
  counted = 0;
}

std::size_t io_count() noexcept {
  return counted;
}

}  // namespace couplet::lives

extern "C" {

ssize_t __wrap_recv(int descriptor, void* into, std::size_t size, int flags) {
  if (couplet::lives::fails_now()) {
    errno = ECONNRESET;
    return -1;
  }
  return __real_recv(descriptor, into, size, flags);
}

ssize_t __wrap_send(int descriptor, const void* from, std::size_t size, int flags) {
  if (couplet::lives::fails_now()) {
    errno = EPIPE;
    return -1;
  }
  return __real_send(descriptor, from, size, flags);
}
}

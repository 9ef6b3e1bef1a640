#include "descriptor.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

namespace couplet::credentials {

pipe_ends::pipe_ends() {
  int two[2] = {-1, -1};
  if (::pipe2(two, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "no pipe");
  read = descriptor(two[0]);
  write = descriptor(two[1]);
}

raised_flag::raised_flag() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!event_.is_open()) throw std::system_error(errno, std::generic_category(), "no event descriptor");
}

void raised_flag::raise() noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(event_.get(), &one, sizeof one);
}

}  // namespace couplet::credentials

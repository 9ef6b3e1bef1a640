#include "unix_socket.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace couplet::net {

namespace {

constexpr mode_t mode = 0660;

/// Closes the descriptor, unless it was released.
class guarded {
 public:
  guarded() noexcept : descriptor_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {}
  ~guarded() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  guarded(const guarded&) = delete;
  guarded& operator=(const guarded&) = delete;
  int get() const noexcept { return descriptor_; }
  int release() noexcept { return std::exchange(descriptor_, -1); }

 private:
  int descriptor_;
};

base::error errno_error() {
  return base::error(std::strerror(errno));
}

bool same_file(const struct stat& a, const struct stat& b) noexcept {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

int bind_to(int descriptor, const sockaddr_un& where) noexcept {
  return ::bind(descriptor, reinterpret_cast<const sockaddr*>(&where), sizeof where);
}

/// Takes away a socket that nobody listens on. Answers what stands in the way otherwise; empty: nothing.
std::string remove_left_over(const sockaddr_un& where) {
  struct stat before {};
  if (::lstat(where.sun_path, &before) != 0) return errno == ENOENT ? std::string() : std::strerror(errno);
  if (!S_ISSOCK(before.st_mode)) return "a file that is no socket is there";
  const guarded probe;
  if (probe.get() < 0) return std::strerror(errno);
  const bool answered = ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0;
  // Its queue is full; or it is of another kind than ours.
  if (answered || errno == EAGAIN || errno == EPROTOTYPE) return "another process listens there";
  if (errno == ENOENT) return {};
  if (errno != ECONNREFUSED) return std::strerror(errno);
  struct stat now {};
  if (::lstat(where.sun_path, &now) == 0 && !same_file(before, now)) return "another process listens there";
  if (::unlink(where.sun_path) != 0 && errno != ENOENT) return std::strerror(errno);
  return {};
}

}  // namespace

socket_file::socket_file(std::string path) noexcept : path_(std::move(path)) {
  ::lstat(path_.c_str(), &identity_);
}

socket_file::~socket_file() {
  struct stat now {};
  if (::lstat(path_.c_str(), &now) == 0 && same_file(now, identity_)) ::unlink(path_.c_str());
}

base::result<unix_listener> listen_on_path(const std::string& path) {
  sockaddr_un where{};
  where.sun_family = AF_UNIX;
  const auto most = sizeof where.sun_path - 1;
  if (path.size() > most) return base::error("the path is longer than " + std::to_string(most) + " bytes");
  if (path.empty() || path.find('\0') != std::string::npos) return base::error("that is no path");
  std::copy(path.begin(), path.end(), where.sun_path);

  guarded s;
  if (s.get() < 0) return errno_error();
  if (bind_to(s.get(), where) != 0) {
    if (errno != EADDRINUSE) return errno_error();
    auto in_the_way = remove_left_over(where);
    if (!in_the_way.empty()) return base::error(std::move(in_the_way));
    if (bind_to(s.get(), where) != 0) return errno_error();
  }
  unix_listener made;
  made.file = std::make_unique<socket_file>(path);
  // Nobody can connect before listen(), so nobody does with the mode that the umask gave.
  if (::chmod(where.sun_path, mode) != 0 || ::listen(s.get(), SOMAXCONN) != 0) return errno_error();
  made.descriptor = s.release();
  return made;
}

}  // namespace couplet::net

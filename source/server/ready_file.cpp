#include "ready_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/log.hpp"

namespace couplet::server {

namespace {

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const auto n = ::write(descriptor, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

}  // namespace

std::string ready_text(const std::vector<ready_listener>& listeners) {
  std::string out = "{\"pid\":" + std::to_string(::getpid()) + ",\"listeners\":[";
  const char* separator = "";
  for (const auto& l : listeners) {
    out.append(separator)
        .append("{\"kind\":\"")
        .append(l.kind)
        .append(l.where.is_unix() ? "\",\"path\":\"" : "\",\"address\":\"");
    base::log::append_escaped(out, l.where.is_unix() ? l.where.path : l.where.host);
    out += '"';
    if (!l.where.is_unix()) out.append(",\"port\":").append(std::to_string(l.where.port));
    out += '}';
    separator = ",";
  }
  out.append("]}\n");
  return out;
}

base::result<bool> ready_file::remove_stale() const {
  struct stat about {};
  if (path_.empty() || ::lstat(path_.c_str(), &about) != 0 || !S_ISREG(about.st_mode)) return true;
  if (::unlink(path_.c_str()) == 0 || errno == ENOENT) return true;
  return base::error("cannot remove the old --ready-file " + path_ + ": " + std::strerror(errno));
}

base::result<bool> ready_file::write(const std::string& text) {
  if (path_.empty()) return true;
  const std::string beside = path_ + "." + std::to_string(::getpid()) + ".tmp";
  // What has our name is of a process that is gone: in a container every one of them is number 1.
  ::unlink(beside.c_str());
  const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  const auto failed = [this] { return base::error("cannot write --ready-file " + path_ + ": " + std::strerror(errno)); };
  if (fd < 0) return failed();
  struct stat about {};
  const bool written = write_all(fd, text) && ::fstat(fd, &about) == 0;
  if (written && ::rename(beside.c_str(), path_.c_str()) == 0) {
    ::close(fd);
    written_ = true;
    device_ = about.st_dev;
    inode_ = about.st_ino;
    return true;
  }
  auto why = failed();
  ::close(fd);
  ::unlink(beside.c_str());
  return why;
}

void ready_file::remove() noexcept {
  struct stat about {};
  if (!std::exchange(written_, false) || ::lstat(path_.c_str(), &about) != 0) return;
  if (about.st_dev == device_ && about.st_ino == inode_) ::unlink(path_.c_str());
}

base::result<bool> take_ready_descriptor(int descriptor) {
  const auto refused = [descriptor](const char* why) {
    return base::error("--ready-fd: descriptor " + std::to_string(descriptor) + why);
  };
  const int flags = ::fcntl(descriptor, F_GETFD);
  if (flags < 0) return refused(" is not open");
  // Nobody inherits one that is closed on exec.
  if ((flags & FD_CLOEXEC) != 0) return refused(" is one of our own, not an inherited one");
  if (descriptor <= STDERR_FILENO) return true;
  if (::fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0) return true;
  return refused(" cannot be used");
}

base::result<bool> write_ready_descriptor(int descriptor, const std::string& text) {
  const bool written = write_all(descriptor, text);
  const int e = errno;
  if (descriptor > STDERR_FILENO) ::close(descriptor);
  if (written) return true;
  return base::error("cannot write to --ready-fd " + std::to_string(descriptor) + ": " + std::strerror(e));
}

}  // namespace couplet::server

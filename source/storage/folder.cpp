#include "folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "storage/store.hpp"

namespace couplet::storage {

descriptor::descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

descriptor& descriptor::operator=(descriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

descriptor::~descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

base::error cannot_write(const std::string& path) {
  return base::error("cannot write " + path + " (--data): " + std::strerror(errno));
}

void sync_folder(const std::string& folder) noexcept {
  const descriptor f(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (f) ::fsync(f.get());
}

base::result<descriptor> lock_folder(const std::string& folder) {
  const auto path = folder + "/couplet.lock";
  // Not a lock on the database itself: SQLite has its own on that, and a backup must be able to read meanwhile.
  descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file) return cannot_write(path);
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return cannot_write(path);
    std::array<char, 24> holder{};
    const auto read = ::pread(file.get(), holder.data(), holder.size(), 0);
    const std::string number(holder.data(), read > 0 ? static_cast<std::size_t>(read) : 0);
    return base::error(folder + " (--data) is in use by another Couplet" + (number.empty() ? "" : " (process " + number + ")") +
                       ": stop that one, or name another folder");
  }
  const auto own = std::to_string(::getpid());
  // For whoever finds it locked; that it may be missing does no harm.
  if (::ftruncate(file.get(), 0) == 0 && ::pwrite(file.get(), own.data(), own.size(), 0) < 0) return cannot_write(path);
  return file;
}

base::result<bool> prepare_file(const std::string& folder) {
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return cannot_write(folder);
  const auto path = file_in(folder);
  const descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file) return cannot_write(path);
  struct stat about {};
  if (::fstat(file.get(), &about) != 0) return cannot_write(path);
  // One that was copied here, say: others may not read it.
  if ((about.st_mode & 0077) != 0 && ::fchmod(file.get(), 0600) != 0) return cannot_write(path);
  sync_folder(folder);
  return true;
}

}  // namespace couplet::storage

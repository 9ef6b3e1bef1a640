#include "files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "library.hpp"

namespace couplet::tls {

namespace {

constexpr std::size_t max_file_bytes = 1U << 20U;

class descriptor {
 public:
  explicit descriptor(const std::string& name) noexcept : number_(::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  int number() const noexcept { return number_; }

 private:
  int number_;
};

base::error failed(const std::string& name) {
  if (errno == ENOENT) return base::error(name + " is missing");
  return base::error(name + " can't be read: " + std::strerror(errno));
}

}  // namespace

base::result<std::string> read_file(const std::string& name) {
  const descriptor file(name);
  struct stat about {};
  if (file.number() < 0 || ::fstat(file.number(), &about) != 0) return failed(name);
  if (!S_ISREG(about.st_mode)) return base::error(name + " is not a file");
  if (static_cast<std::size_t>(about.st_size) > max_file_bytes) return base::error(name + " is too large: more than 1 MiB");
  // In one piece from the beginning, so that a key leaves no copies behind.
  std::string text(static_cast<std::size_t>(about.st_size), '\0');
  std::size_t have = 0;
  while (have < text.size()) {
    const auto got = ::read(file.number(), text.data() + have, text.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      wipe(text);
      return failed(name);
    }
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  text.resize(have);
  return text;
}

}  // namespace couplet::tls

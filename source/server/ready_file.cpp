#include "ready_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
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
    out.append(separator).append("{\"kind\":\"").append(l.kind).append("\",\"address\":\"");
    base::log::append_escaped(out, l.where.host);
    out.append("\",\"port\":").append(std::to_string(l.where.port)).append("}");
    separator = ",";
  }
  out.append("]}\n");
  return out;
}

base::result<bool> write_ready_file(const std::string& file, const std::string& text) {
  const std::string beside = file + "." + std::to_string(::getpid()) + ".tmp";
  std::FILE* f = std::fopen(beside.c_str(), "wxe");
  const auto failed = [&file] { return base::error("cannot write --ready-file " + file + ": " + std::strerror(errno)); };
  if (f == nullptr) return failed();
  const bool written = write_all(::fileno(f), text);
  std::fclose(f);
  if (written && std::rename(beside.c_str(), file.c_str()) == 0) return true;
  auto why = failed();
  std::remove(beside.c_str());
  return why;
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

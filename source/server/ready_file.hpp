#pragma once

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "net/listener.hpp"

namespace couplet::server {

struct ready_listener {
  std::string kind;  ///< client, component
  net::endpoint where;
};

/// {"pid":…, "listeners":[{"kind":…,"address":…,"port":…},…]} and a line feed.
std::string ready_text(const std::vector<ready_listener>& listeners);

/// --ready-file: there while the server is ready, and not a moment longer than can be helped.
class ready_file {
 public:
  /// Empty: none, and nothing below does anything.
  explicit ready_file(std::string path) : path_(std::move(path)) {}

  /// Before the first listener: removes one that an earlier process left behind. What is no regular file stays.
  base::result<bool> remove_stale() const;
  /// In one step: a reader sees all of it or no file.
  base::result<bool> write(const std::string& text);
  /// When it is not ready any more. Only what write() wrote, not what another process has put in its place since. Any number of times.
  void remove() noexcept;

 private:
  std::string path_;
  bool written_ = false;
  dev_t device_ = 0;  ///< of the file written
  ino_t inode_ = 0;
};

/// Before anything else opens one: whether it is a descriptor that we inherited. From then on it is ours alone, children don't get it.
base::result<bool> take_ready_descriptor(int descriptor);
/// Writes it to an inherited descriptor and closes that, but for standard output and standard error: whoever got their numbers next,
/// a client, say, would get what is written there, too.
base::result<bool> write_ready_descriptor(int descriptor, const std::string& text);

}  // namespace couplet::server

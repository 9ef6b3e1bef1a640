#pragma once

#include <sys/stat.h>

#include <memory>
#include <string>

#include "base/result.hpp"

namespace couplet::net {

/// The file of a Unix-domain socket that we listen on. It goes with this object, unless it is another's by then.
class socket_file {
 public:
  /// The file stands there.
  explicit socket_file(std::string path) noexcept;
  ~socket_file();
  socket_file(const socket_file&) = delete;
  socket_file& operator=(const socket_file&) = delete;

 private:
  std::string path_;
  struct stat identity_ {};
};

struct unix_listener {
  int descriptor = -1;
  std::unique_ptr<socket_file> file;
};

/// Binds and listens. The file gets the mode 0660: the owner and the group may connect; who else may is decided by the folder and
/// its owner. A file that is left over from a process which is gone is replaced; where somebody listens, or where the file is no
/// socket, nothing is touched. Errors do not name the path.
base::result<unix_listener> listen_on_path(const std::string& path);

}  // namespace couplet::net

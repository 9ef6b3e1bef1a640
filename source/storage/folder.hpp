#pragma once

#include <string>

#include "base/result.hpp"

namespace couplet::storage {

/// A descriptor that is closed at the end.
class descriptor {
 public:
  descriptor() = default;
  explicit descriptor(int fd) noexcept : fd_(fd) {}
  descriptor(descriptor&& other) noexcept;
  descriptor& operator=(descriptor&& other) noexcept;
  ~descriptor();
  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// The right to use a folder's database, until the descriptor is closed or the process ends, however it does: one process at a time. The error
/// says who has it.
base::result<descriptor> lock_folder(const std::string& folder);

/// Makes the folder (0700) where it is not there, and in it the database's file, empty, with mode 0600, which SQLite gives to the files
/// beside it, too.
base::result<bool> prepare_file(const std::string& folder);

/// "cannot write PATH (--data): No space left on device", with errno.
base::error cannot_write(const std::string& path);

/// Makes what the folder says of its files last.
void sync_folder(const std::string& folder) noexcept;

}  // namespace couplet::storage

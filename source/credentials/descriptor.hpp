#pragma once

#include <unistd.h>

#include <utility>

namespace couplet::credentials {

/// Owns a file descriptor.
class descriptor {
 public:
  descriptor() = default;
  explicit descriptor(int number) noexcept : number_(number) {}
  descriptor(descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  descriptor& operator=(descriptor&& other) noexcept {
    if (this != &other) {
      close();
      number_ = std::exchange(other.number_, -1);
    }
    return *this;
  }
  ~descriptor() { close(); }

  int get() const noexcept { return number_; }
  bool is_open() const noexcept { return number_ >= 0; }
  void close() noexcept {
    if (number_ >= 0) ::close(std::exchange(number_, -1));
  }

 private:
  int number_ = -1;
};

/// Both ends of a pipe, closed when another program is executed. Throws std::system_error.
struct pipe_ends {
  pipe_ends();
  descriptor read;
  descriptor write;
};

/// Something to poll for that raise() makes readable for ever. Throws std::system_error.
class raised_flag {
 public:
  raised_flag();
  void raise() noexcept;  ///< from any thread
  int get() const noexcept { return event_.get(); }

 private:
  descriptor event_;
};

}  // namespace couplet::credentials

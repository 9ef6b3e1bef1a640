#pragma once

#include <cstring>
#include <string>
#include <utility>

namespace couplet::stream {

/// Overwrites a secret before its memory goes back to the heap. Not optimised away.
inline void wipe(std::string& secret) noexcept {
  ::explicit_bzero(secret.data(), secret.size());
  secret.clear();
}

/// A secret that is wiped wherever its scope is left.
class held_secret {
 public:
  explicit held_secret(std::string text) noexcept : text_(std::move(text)) {}
  ~held_secret() { wipe(text_); }
  held_secret(const held_secret&) = delete;
  held_secret& operator=(const held_secret&) = delete;
  const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
};

}  // namespace couplet::stream

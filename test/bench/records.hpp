#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace couplet::bench {

/// Both ends of a TLS 1.3 connection in this process, made with the server's library and settings: for what a record costs by itself,
/// without sockets, streams or stanzas. AES-128-GCM. Throws std::runtime_error.
class record_pair {
 public:
  /// Certificate and key of the server's end, PEM.
  record_pair(const std::string& certificate, const std::string& key);
  ~record_pair();
  record_pair(const record_pair&) = delete;
  record_pair& operator=(const record_pair&) = delete;

  /// Lets the server's end decrypt `count` records of `size` bytes and encrypt as many, one after the other as for stanzas that are
  /// passed on. Returns the CPU time of its half in nanoseconds.
  [[nodiscard]] double pass_on(std::size_t count, std::size_t size);

 private:
  struct state;
  std::unique_ptr<state> own_;
};

}  // namespace couplet::bench

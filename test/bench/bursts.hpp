#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "stand.hpp"
#include "tls_login.hpp"

namespace couplet::bench {

/// Pairs of logged-in clients that send in bursts: each first one of a pair its message, one after the other; the next burst begins when
/// all have arrived. With TLS the messages are encrypted before a burst and decrypted after it, so that the server sees the same load in
/// the clear and with TLS: as fast as the kernel takes it, and then the same pause. Each message is one record. Throws
/// std::runtime_error.
class burst_load {
 public:
  /// Logs in accounts first .. first + 2 * pairs - 1 and lets them send messages of `size` bytes.
  burst_load(const stand& server, std::size_t first, std::size_t pairs, std::size_t size, bool tls);
  ~burst_load();
  burst_load(const burst_load&) = delete;
  burst_load& operator=(const burst_load&) = delete;

  void run(std::size_t bursts);

 private:
  struct pair {
    int from = -1, to = -1;
    std::unique_ptr<tls_connection> sender, receiver;  // null: in the clear
    std::string message, sent, received;
  };

  void burst();
  [[nodiscard]] static bool hear(pair& one);

  std::vector<client> clients_;
  std::vector<pair> pairs_;
  std::uint64_t quiet_until_ = 0;  ///< when the next burst may begin
};

}  // namespace couplet::bench

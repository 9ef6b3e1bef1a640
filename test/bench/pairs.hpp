#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace couplet::bench {

/// What answers a received message.
enum class answer : std::uint8_t {
  credit,    ///< the sender of the pair sends its next one: messages flow one way, the generator carries the news back
  ping_pong  ///< the receiver sends one back: each message that arrives makes its receiver send one
};

/// How fast run_at_rate() sends: so many messages a second together, `burst` of them at once.
struct cadence {
  unsigned per_second = 0, burst = 1;
};

/// What one run did. `seconds` and `messages` belong together (the measured time); `all_messages` and `generator_cpu_ns`
/// belong to the whole run with what was still under way at its end.
struct pair_result {
  double seconds = 0;
  std::uint64_t messages = 0;
  std::uint64_t all_messages = 0;
  std::uint64_t generator_cpu_ns = 0;
};

/// Pairs of connected, logged-in sockets with a fixed number of messages under way in each. Each socket has the one message
/// it ever sends, made beforehand; nothing is allocated for a message, and an incoming byte is looked at once (for the end
/// tag of a message). So the generator costs little more than its system calls, one recv and one send for what one event
/// brings.
class pair_load {
 public:
  /// sockets[2i] and sockets[2i + 1] are a pair; messages[n] is what sockets[n] sends. The sockets stay the caller's.
  pair_load(const std::vector<int>& sockets, const std::vector<std::string>& messages, unsigned in_flight, answer how);
  ~pair_load();
  pair_load(const pair_load&) = delete;
  pair_load& operator=(const pair_load&) = delete;

  /// Runs until the time is over or that many messages have been received, then waits until nothing is under way any
  /// more. Throws std::runtime_error where that takes over ten seconds or a connection ends.
  [[nodiscard]] pair_result run(std::uint64_t max_ns, std::uint64_t max_messages);

  /// The first of each pair send by turns until the time is over; what arrives sends nothing. It never sleeps: to wake a sleeper on another
  /// core would be charged to the server. Throws as run() does.
  [[nodiscard]] pair_result run_at_rate(std::uint64_t max_ns, cadence wanted);

 private:
  struct side {
    int fd = -1;
    std::string block;        ///< in_flight copies of its message
    std::size_t message = 0;  ///< bytes of one
    std::size_t kept = 0;     ///< the end of the last read where it may be the beginning of an end tag
    std::array<char, 16> keep{};
  };

  void say(side& one, std::uint64_t count);
  [[nodiscard]] std::uint64_t hear(side& one);
  [[nodiscard]] std::uint64_t take_events(int wait_ms, bool answered);

  std::vector<side> sides_;
  std::vector<char> in_;
  unsigned in_flight_;
  answer how_;
  int epoll_;
  std::uint64_t may_send_ = 0;   ///< messages of this run not yet sent
  std::uint64_t under_way_ = 0;  ///< sent and not yet received
};

/// A message to `to` of exactly `size` bytes, or with a body of exactly `body` bytes: one of the two is 0. With `from` where it is not empty.
[[nodiscard]] std::string make_message(const std::string& to, std::size_t size, std::size_t body, const std::string& from = {});

}  // namespace couplet::bench

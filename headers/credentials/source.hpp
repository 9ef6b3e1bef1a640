#pragma once

#include <cstdint>
#include <string_view>

#include "net/task.hpp"
#include "sasl/credentials.hpp"

namespace couplet::credentials {

/// What a back end was asked so far, and how it answered. `asked` may be ahead of the sum of the others: those wait for their answer.
struct counts {
  std::uint64_t asked = 0;
  std::uint64_t right = 0;
  std::uint64_t wrong = 0;
  std::uint64_t unavailable = 0;
  std::uint64_t keys = 0;
};

/// Whatever knows the accounts: one interface for all back ends. All shards share one; it must end after their threads and before
/// the shards themselves.
class source {
 public:
  virtual ~source() = default;

  /// Takes its time, but not for ever. From any shard's thread, where it resumes. What cannot be known now is `unavailable`, never
  /// `wrong` (SECURITY 14), and it throws nothing but what a life throws that ran out of memory.
  virtual net::task<sasl::answer> ask(sasl::question q) = 0;

  /// Whether it can give keys, so that SCRAM may be offered; otherwise it checks passwords only, and answers a question for
  /// keys with `unavailable`.
  virtual bool has_keys() const noexcept = 0;

  /// One word, for the log and as a label of metrics.
  virtual std::string_view name() const noexcept = 0;

  /// From any thread, without waiting: what is under way is answered soon, with `unavailable` where the answer is not there yet, and so
  /// is whatever is asked from now on.
  virtual void stop() noexcept {}

  /// From any thread.
  virtual counts so_far() const noexcept { return counts(); }
};

}  // namespace couplet::credentials

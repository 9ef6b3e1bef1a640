#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace couplet::limits {

/// How often one address may connect, or do anything else that is counted in a table of its own, such as making accounts: at most
/// `connects` in `window`. `connects` 0 means no limit. What is refused is not counted, so who keeps asking is let in as soon as
/// the window is past.
///
/// A fixed table of counters under a seeded hash (SipHash), so that no number of addresses makes it grow and
/// nobody can choose addresses that share a counter with a victim's. For one thread.
///
/// Where the table is so full that an address finds no counter of its own, it is admitted uncounted: nobody is refused for
/// what others did, and whoever has thousands of addresses is a case for the limit on all connections.
class connect_rate {
 public:
  struct options {
    std::uint32_t connects = 0;
    std::chrono::seconds window{1};
  };

  /// `seed`: random, new for each process. `slots`: addresses counted at the same time, rounded up to a power of two.
  explicit connect_rate(options o, std::uint64_t seed, std::size_t slots = 4096);

  /// Counts a connect and answers whether it may go on. `address` as bytes or text, whatever tells addresses apart (IPv6: pass
  /// the /64).
  bool admit(std::string_view address, base::time_point now) noexcept;

  /// Whether admit() would say yes now; counts nothing.
  bool would_admit(std::string_view address, base::time_point now) noexcept;

 private:
  struct slot {
    base::time_point window_start{};
    std::uint32_t count = 0;
    std::uint32_t tag = 0;  ///< the rest of the hash: another address takes the slot over only when its window is past
  };

  bool is_free(const slot& s, base::time_point now) const noexcept;
  slot* find(std::uint64_t hash, base::time_point now) noexcept;
  slot* slot_of(std::string_view address, base::time_point now) noexcept;

  options options_;
  std::uint64_t seed_;
  std::vector<slot> slots_;
};

}  // namespace couplet::limits

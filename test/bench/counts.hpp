#pragma once

#include <atomic>
#include <cstdint>

namespace couplet::bench {

/// The content of the file that the counting library and bench_counts share. All zero at first.
struct allocation_counts {
  std::atomic<std::uint64_t> calls;  ///< malloc, calloc, realloc and the aligned ones; operator new ends in them
  std::atomic<std::uint64_t> bytes;  ///< asked for, by all of them together
};

}  // namespace couplet::bench

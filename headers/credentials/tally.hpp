#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string_view>

#include "base/clock.hpp"
#include "credentials/source.hpp"

namespace couplet::credentials {

/// Counts what a back end answers, and tells the log when it goes away and when it is back. From any thread.
class tally {
 public:
  /// `name` as in source::name(), a constant.
  explicit tally(std::string_view name) noexcept : name_(name) {}

  void asked() noexcept { asked_.fetch_add(1, std::memory_order_relaxed); }

  /// `why` it is unavailable: a line for the operator, without secrets. The first time it is warned of; then there is silence until
  /// an answer comes again, which is told too. However often it comes and goes, there is one warning a minute at most.
  void answered(sasl::answer::verdict v, std::string_view why, base::time_point now);

  /// We end, so nobody needs to be told what is away from now on.
  void fall_silent() noexcept { silent_ = true; }

  counts so_far() const noexcept;

 private:
  void on_unavailable(std::string_view why, base::time_point now);
  void on_back();

  std::string_view name_;
  std::atomic<std::uint64_t> asked_{0};
  std::atomic<std::uint64_t> right_{0};
  std::atomic<std::uint64_t> wrong_{0};
  std::atomic<std::uint64_t> unavailable_{0};
  std::atomic<std::uint64_t> keys_{0};
  std::atomic<bool> silent_{false};
  std::mutex mutex_;
  std::atomic<bool> warned_{false};  ///< and not yet told that it is back; changed under the mutex, as is the next
  base::time_point quiet_until_{};
};

}  // namespace couplet::credentials

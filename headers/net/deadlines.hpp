#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/clock.hpp"
#include "net/intrusive_list.hpp"

namespace couplet::net {

class deadlines;
struct deadline_tag;

/// Something that has one deadline, which may be moved at any time. Costs no timer.
class has_deadline : public list_node<deadline_tag> {
 public:
  virtual ~has_deadline() = default;
  /// The deadline has passed; none is set any more. Called on the shard's thread, outside of any other call.
  virtual void on_deadline(base::time_point now) = 0;

 private:
  friend class deadlines;
  std::uint64_t tick_ = 0;
};

/// One hashed timing wheel for each shard, instead of a timer for each operation. Sans-I/O: it is told the time.
/// A deadline is met at the first sweep after it, so up to `tick` late and never early.
class deadlines {
 public:
  static constexpr base::duration tick = std::chrono::milliseconds(50);

  explicit deadlines(base::time_point start) noexcept : start_(start) {}

  void set(has_deadline& item, base::time_point when) noexcept;
  static void clear(has_deadline& item) noexcept { item.unlink(); }

  /// Calls on_deadline of all that are due; they may set new deadlines and end others meanwhile.
  void advance(base::time_point now);

 private:
  static constexpr std::size_t slots = 1024;
  std::uint64_t tick_of(base::time_point t) const noexcept;

  base::time_point start_;
  std::uint64_t swept_ = 0;  ///< the last tick that was looked at
  std::array<intrusive_list<has_deadline, deadline_tag>, slots> wheel_;
};

}  // namespace couplet::net

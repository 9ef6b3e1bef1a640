#pragma once

#include <cstddef>

namespace couplet::link {

/// Which of several session managers is tried next (--sm-policy failover): one of them has all clients, and keeps them until it is lost, also
/// when one that stands before it in the list is back. Then it gets one more try, and each of the others has one, in the order of the list,
/// which begins again behind its end. When all have had theirs, the round is over, and the next one begins where this one did.
class rotation {
 public:
  /// Precondition: there is one.
  explicit rotation(std::size_t managers) noexcept : managers_(managers) {}

  /// The number in the list of the one that is tried, or has the clients.
  std::size_t current() const noexcept { return current_; }

  /// It had the clients for a while, and is lost: it is the first of the next round.
  void on_lost() noexcept { tried_ = 0; }

  /// It could not be had, or went away at once. Answers whether another one is to be tried now; otherwise the round is over.
  bool on_failed() noexcept {
    current_ = (current_ + 1) % managers_;
    if (++tried_ < managers_) return true;
    tried_ = 0;
    return false;
  }

 private:
  std::size_t managers_;
  std::size_t current_ = 0;
  std::size_t tried_ = 0;  ///< in this round
};

}  // namespace couplet::link

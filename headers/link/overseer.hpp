#pragma once

#include <string_view>

#include "route/message.hpp"

namespace couplet::link {

class manager_link;

/// Whom a link tells how it stands with its manager: who speaks for the managers to the rest of the house. Called on the link's shard.
class overseer {
 public:
  virtual ~overseer() = default;
  /// The manager is gone and expected back: its clients wait.
  virtual void on_away(const manager_link& l) = 0;
  /// It is up. `anew`: it was away, and knows nothing of the sessions that its clients had.
  virtual void on_up(const manager_link& l, bool anew) = 0;
  /// It is gone, and nobody waits for it.
  virtual void on_down(const manager_link& l) = 0;
  /// It takes too little of what is for it, or enough again; also when its link is over.
  virtual void on_congested(const manager_link& l, bool congested) = 0;

  // Where there are several.

  /// Whether another manager works.
  virtual bool others_work() const { return false; }
  /// Whether clients wait for whichever manager comes first.
  virtual bool somebody_waits() const { return false; }
  /// It is away, and not waited for, since others work. Whatever its clients had there is over; then what it had not handled is handed on.
  virtual void on_leaving(const manager_link&) {}
  /// That is done: its clients ask the others.
  virtual void on_left(const manager_link&) {}
  /// What it had not handled, and is for whoever knows that user now.
  virtual void hand_on(route::message&&) {}
  /// The same of a notice, as it is written.
  virtual void hand_on_notice(std::string_view) {}
};

}  // namespace couplet::link

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "hub/switchboard.hpp"
#include "link/assignment.hpp"
#include "link/manager_link.hpp"
#include "link/overseer.hpp"
#include "link/policy.hpp"
#include "net/deadlines.hpp"

namespace couplet::link {

/// The links to all session managers outside. On the shard of `board`.
///
/// Failover is one link that knows several places. Spread is a link for each manager, all at once: messages go to the manager that has the client. When
/// one is lost, its clients alone are not read; when its own reconnect fails and another manager works, they ask the others for their sessions, and have back
/// what it had not handled.
class fleet final : private hub::manager, private overseer {
 public:
  using on_first_outcome = std::function<void(manager_link::outcome, const std::string& why)>;

  /// All must outlive the fleet. `o.where`: all managers, at most assignment::most_managers. `run`: see manager_link.
  fleet(const options& o, policy how, hub::exchange& whole, hub::switchboard& board, std::uint32_t run);
  ~fleet() override;

  /// Begins the lives. `first_outcome` is called once, when each link has had its first try: up where one manager is.
  void start(on_first_outcome first_outcome);

  /// See manager_link::live_on(). `number`: in the list of managers.
  net::task<> live_on(std::size_t number, int descriptor) { return links_[number]->live_on(descriptor); }

  // What manager_link says of one link.
  void set_secret(const std::string& secret);
  void stop_waiting();
  void stop();
  void abort();
  std::uint64_t heard() const noexcept { return sum(&manager_link::heard); }
  std::uint64_t returned_notices() const noexcept { return sum(&manager_link::returned_notices); }
  std::uint64_t lost_notices() const noexcept { return sum(&manager_link::lost_notices); }
  /// A line for each manager into the log.
  void say_table() const;

 private:
  // hub::manager
  void on_route(route::message&& m) override;
  void on_all_heard() override;

  // overseer
  void on_away(const manager_link& l) override;
  void on_up(const manager_link& l, bool anew) override;
  void on_down(const manager_link& l) override;
  void on_congested(const manager_link& l, bool congested) override;
  bool others_work() const override { return assignment_.any_works(); }
  bool somebody_waits() const override { return away_ != 0 && !assignment_.any_works(); }
  void on_leaving(const manager_link& l) override;
  void on_left(const manager_link& l) override;
  void hand_on(route::message&& m) override { on_route(std::move(m)); }
  void hand_on_notice(std::string_view written) override;

  /// Everybody waits a moment for a manager that takes too little; then its own clients do.
  class slowness final : public net::has_deadline {
   public:
    slowness(fleet& of, std::size_t number) noexcept : of_(of), number_(number) {}
    void on_deadline(base::time_point) override { of_.on_slow(number_); }

   private:
    fleet& of_;
    std::size_t number_;
  };
  void on_slow(std::size_t number);
  bool is_slow(std::size_t number) const noexcept { return ((slow_ >> number) & 1U) != 0; }
  std::uint64_t sum(std::uint64_t (manager_link::*count)() const noexcept) const noexcept;
  std::size_t number_of(const manager_link& l) const noexcept;
  std::size_t any_working() const noexcept;
  std::size_t place(const route::message& m);
  void set_state(std::size_t number, bool works, bool away);
  void note_first(std::size_t number, manager_link::outcome o, const std::string& why);

  hub::exchange& whole_;
  hub::switchboard& board_;
  const policy policy_;
  assignment assignment_;
  std::vector<std::unique_ptr<manager_link>> links_;
  std::vector<std::unique_ptr<slowness>> slownesses_;
  std::uint32_t slow_ = 0;  ///< a bit for each manager whose own clients wait until it takes more
  std::uint32_t away_ = 0;  ///< a bit for each manager that is waited for
  bool admits_ = false;     ///< newcomers: a manager works
  hub::client_ids moving_;  ///< from a manager that is being left
  on_first_outcome first_outcome_;
  std::size_t firsts_due_ = 0;
  manager_link::outcome first_ = manager_link::outcome::unreachable;
  std::string first_why_;
};

}  // namespace couplet::link

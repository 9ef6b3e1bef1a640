#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/close_reason.hpp"
#include "hub/switchboard.hpp"
#include "link/overseer.hpp"
#include "link/rotation.hpp"
#include "net/deadlines.hpp"
#include "net/dialer.hpp"
#include "net/listener.hpp"
#include "net/outbox.hpp"
#include "net/shard.hpp"
#include "net/signal.hpp"
#include "route/message.hpp"
#include "route/origin.hpp"

namespace couplet::link {

/// Where the session managers are, and how we introduce ourselves.
struct options {
  std::vector<net::endpoint> where;  ///< their component ports; one at a time has all clients, see rotation; at least one
  std::string name;                  ///< how we introduce ourselves: the domain of our clients' addresses
  std::string secret;                ///< shared with the manager; never logged
  std::size_t queue_bytes = 0;       ///< what may wait to be written before clients have to wait; 0: no limit
  std::chrono::seconds handshake_timeout{10};
  std::chrono::seconds grace{0};  ///< how long clients keep their connections while the manager is away; 0: not at all
  /// Without anything to say, this is how often something is said, so that a link that is dead but open shows itself; a manager that counts is
  /// asked, and is gone when it has not answered for twice as long. 0: never.
  std::chrono::seconds keepalive{15};
};

/// Our connection to an outside session manager, over jabber:component:accept: dial, handshake, pump, back off, dial again is
/// one life. It stands in the manager's place: what the clients send to the manager comes here.
///
/// When the link is lost, clients keep their connections for the grace, and are not read. What was under way stays here. A manager that
/// counts (XEP-0198) goes on with the next link where the last one broke. One that does not, or that was started anew, is asked for the
/// clients' sessions again; then each client has back what it had sent and nobody has handled, and sends it again.
///
/// Where there are several managers, one of them has all clients. When the link to it is lost, and another try brings none, the next one is asked for
/// the sessions, as one that was started anew would be. What it was that the last one had handled is not known to it.
///
/// Without a grace, or when it is over, what was not written is answered with errors, and every client is told
/// <remote-connection-failed/>: the manager's sessions are gone for them. What the manager has to know of that, the ends of sessions,
/// what their clients were not given, and notices, waits for the next link and goes first there.
///
/// Notices are lost, and counted, while more than `queue_bytes` wait: nobody waits for them, and a hundred thousand may leave at once.
class manager_link final : public hub::manager {
 public:
  /// How the first attempt ended: up, refused (a wrong secret: trying again is of no use), or not reached (tried again).
  enum class outcome : std::uint8_t { up, refused, unreachable };

  /// The only link: the board's messages come here. `run`: tells this run's client ids from those of any other. All must outlive the link.
  manager_link(options o, hub::exchange& whole, hub::switchboard& board, std::uint32_t run);
  /// One of several, that gets its messages from `over`.
  manager_link(options o, hub::exchange& whole, hub::switchboard& board, std::uint32_t run, overseer& over);
  ~manager_link() override;

  /// The life; returns after stop(). `first_outcome` is called once: when a manager is up, or each was tried; refused: one has said so.
  net::task<> live(std::function<void(outcome, std::string why)> first_outcome);

  /// Routes that came so far.
  std::uint64_t heard() const noexcept { return heard_; }

  /// Notices that the manager sent back, and those that were not sent because too much was waiting for it.
  std::uint64_t returned_notices() const noexcept { return returned_notices_; }
  std::uint64_t lost_notices() const noexcept { return lost_notices_; }

  /// From the next handshake on. On the shard's thread.
  void set_secret(std::string secret) { options_.secret = std::move(secret); }

  /// One conversation on a descriptor that is connected already, without dialing, and what follows from its end: the part of live() that needs no
  /// network.
  net::task<> live_on(int descriptor);

  /// Closes at once.
  void abort();
  /// On the shard's thread: writes what is left and the footer, closes, returns from the life.
  void stop();

  void on_route(route::message&& m) override;
  void on_all_heard() override { heard_by_all_.ring(); }

  /// Nobody is waited for any more: what is held is answered. For a shutdown, on the shard's thread.
  void stop_waiting() {
    if (away_) give_up_waiting();
  }

  /// A line for each manager into the log: which of them has the clients.
  void say_table() const;

  // For who has several.

  bool is_up() const noexcept;
  /// The manager that is dialed or linked: HOST:PORT.
  std::string peer() const { return net::to_text(options_.where[rotation_.current()]); }
  /// What came of a route may come through another link of ours: each knows what all were given.
  void know(const manager_link& other) { givens_.push_back(&other.given_); }
  /// The pause between two tries is over.
  void hurry() { pause_.cancel(); }
  /// Whether only the manager that was asked could answer it.
  static bool is_request(const route::message& m) noexcept;
  /// Whether a client says by it that its session is over.
  static bool is_end(const route::message& m) noexcept;
  /// Answers a request that nobody can be asked.
  void turn_down(route::message&& m) { refuse(m); }
  /// Precondition: is_up(). A plain message, as it is to be written.
  void send_notice(std::string_view written);
  /// The same where it is not up: for its next link.
  void keep_notice(std::string written);

 private:
  /// Ends when the grace is over.
  class patience final : public net::has_deadline {
   public:
    explicit patience(manager_link& of) noexcept : of_(of) {}
    void on_deadline(base::time_point) override { of_.stop_waiting(); }

   private:
    manager_link& of_;
  };
  class conversation;
  friend class conversation;
  class only_one;

  manager_link(options o, hub::exchange& whole, hub::switchboard& board, std::uint32_t run, std::unique_ptr<overseer> own,
               overseer* over);

  net::task<> attempt();
  net::task<> converse(int descriptor);
  net::task<> back_off();
  net::task<> until_all_have_heard();
  bool another_at_once();
  bool may_resume() const noexcept { return link_ != 0 && away_ && link_at_ == rotation_.current(); }
  std::chrono::seconds longest_try() const;
  bool is_to_leave() const;
  net::task<> leave_if_due();
  void leave();
  void set_congested(bool congested);
  void on_up(bool resumed);
  void on_ended(base::close_reason reason, const std::string& condition);

  // absence.cpp: while there is no link
  void begin_absence(net::outbox& left);
  void hold(route::message&& m);
  void hold_what_waits();
  void give_up_waiting();
  bool has_led_to_something(const route::origin& o) const noexcept;
  void hand_back();
  void hand_back(route::message&& m, const route::origin& origin);
  void begin_counting(std::uint64_t link);
  void refuse(route::message& m);
  void keep(std::string failure, bool holds_a_stanza);
  void lose_notice();
  void note_failure(outcome o, const std::string& why);
  void say_first(outcome o, std::string why);

  options options_;
  rotation rotation_;
  hub::exchange& whole_;
  hub::switchboard& board_;
  std::unique_ptr<overseer> own_overseer_;
  overseer& over_;
  std::uint32_t run_;
  net::dialer dialer_;
  asio::basic_waitable_timer<base::clock, asio::wait_traits<base::clock>, net::executor> retry_;  ///< of the dialing
  asio::basic_waitable_timer<base::clock, asio::wait_traits<base::clock>, net::executor> pause_;
  net::signal heard_by_all_;         ///< that it is away, or down
  conversation* current_ = nullptr;  ///< in the life's frame, while there is one
  std::function<void(outcome, std::string)> first_outcome_;
  outcome first_failure_ = outcome::unreachable;  ///< the worst so far, until first_outcome_ is called
  std::string first_why_;
  std::uint32_t failures_ = 0;  ///< in a row; a link that does not last is one
  base::time_point up_since_{};
  std::deque<std::string> owed_;  ///< failure routes, ends and notices that the manager has not got
  std::size_t owed_bytes_ = 0;
  std::uint64_t lost_ = 0;  ///< of them, since the link was last up, for want of room
  static constexpr std::size_t nobody = static_cast<std::size_t>(-1);
  std::size_t last_up_ = nobody;  ///< the number of the manager that was up last
  bool was_up_ = false;           ///< in this conversation
  bool has_lasted_ = false;       ///< the last conversation was up for a while
  bool congested_ = false;
  bool away_ = false;              ///< the manager was there, and may be again within the grace
  patience grace_;                 ///< while it is away
  std::vector<std::string> late_;  ///< routes that came when the conversation was over, and we did not know yet
  net::outbox pending_;  ///< while there is no link: what was not handled, or not written, by the manager, and what came since

  // Of the link that is counted, over all its connections; link_ 0: there is none.
  std::uint64_t link_ = 0;
  std::size_t link_at_ = 0;         ///< the manager's number
  std::uint64_t sent_ = 0;          ///< routes
  std::uint64_t acknowledged_ = 0;  ///< of them, by the manager
  std::uint64_t received_ = 0;
  std::uint64_t link_before_ = 0;
  std::uint64_t acknowledged_before_ = 0;
  route::origins given_;                       ///< what clients of ours were given
  std::vector<const route::origins*> givens_;  ///< that, and the same of other links
  std::uint64_t heard_ = 0;
  std::uint64_t returned_notices_ = 0;
  std::uint64_t lost_notices_ = 0;
  bool stopping_ = false;
};

}  // namespace couplet::link

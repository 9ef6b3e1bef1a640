#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "base/close_reason.hpp"
#include "hub/switchboard.hpp"
#include "net/dialer.hpp"
#include "net/listener.hpp"
#include "net/shard.hpp"
#include "route/message.hpp"

namespace couplet::link {

/// Where the session manager is, and how we introduce ourselves.
struct options {
  net::endpoint where;          ///< the session manager's component port
  std::string name;             ///< how we introduce ourselves: the domain of our clients' addresses
  std::string secret;           ///< shared with the manager; never logged
  std::size_t queue_bytes = 0;  ///< what may wait to be written before clients have to wait; 0: no limit
  std::chrono::seconds handshake_timeout{10};
};

/// Our connection to an outside session manager, over jabber:component:accept: dial, handshake, pump, back off, dial again is
/// one life. It stands in the manager's place: what the clients send to the manager comes here.
///
/// When the link is lost, what was not written is answered with errors, and every client is told
/// <remote-connection-failed/>: the manager's sessions are gone for them. What the manager has to know of that, the ends of sessions and
/// what their clients were not given, waits for the next link and goes first there.
class manager_link final : public hub::manager {
 public:
  /// How the first attempt ended: up, refused (a wrong secret: trying again is of no use), or not reached (tried again).
  enum class outcome : std::uint8_t { up, refused, unreachable };

  /// `run`: tells this run's client ids from those of any other. All must outlive the link.
  manager_link(options o, hub::exchange& whole, hub::switchboard& board, std::uint32_t run);
  ~manager_link() override;

  /// The life; returns after stop(). `first_outcome` is called once.
  net::task<> live(std::function<void(outcome, std::string why)> first_outcome);

  /// Routes that came so far.
  std::uint64_t heard() const noexcept { return heard_; }

  /// From the next handshake on. On the shard's thread.
  void set_secret(std::string secret) { options_.secret = std::move(secret); }

  /// One conversation on a descriptor that is connected already, without dialing: the part of live() that needs no network.
  net::task<> live_on(int descriptor);

  /// Closes at once.
  void abort();
  /// On the shard's thread: writes what is left and the footer, closes, returns from the life.
  void stop();

  void on_route(route::message&& m) override;

 private:
  class conversation;
  friend class conversation;

  net::task<> attempt();
  net::task<> converse(int descriptor);
  net::task<> back_off();
  void on_up();
  void on_ended(base::close_reason reason, const std::string& condition);
  void refuse(route::message& m);
  void keep(std::string failure, bool holds_a_stanza);
  void say_first(outcome o, std::string why);

  options options_;
  hub::exchange& whole_;
  hub::switchboard& board_;
  std::uint32_t run_;
  net::dialer dialer_;
  asio::basic_waitable_timer<base::clock, asio::wait_traits<base::clock>, net::executor>
      retry_;                        ///< of the dialing, then of the pause
  conversation* current_ = nullptr;  ///< in the life's frame, while there is one
  std::function<void(outcome, std::string)> first_outcome_;
  std::uint32_t failures_ = 0;  ///< in a row; a link that does not last is one
  base::time_point up_since_{};
  std::deque<std::string> owed_;  ///< failure routes and ends that the manager has not got
  std::size_t owed_bytes_ = 0;
  std::uint64_t lost_ = 0;  ///< of them, since the link was last up, for want of room
  bool was_up_ = false;     ///< in this conversation
  std::uint64_t heard_ = 0;
  bool stopping_ = false;
};

}  // namespace couplet::link

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/channel.hpp"
#include "net/shard.hpp"
#include "route/message.hpp"

namespace couplet::hub {

/// Clients of all shards: those of one of several managers. Each shard looks for its own; those that are gone mean nothing.
using client_ids = std::vector<std::uint64_t>;

/// Who takes the messages of a shard. Called on its thread, in turns, never from inside of a send.
class clients {
 public:
  virtual ~clients() = default;
  /// For the client that the message's `to` names. False: there is none; the message is untouched.
  virtual bool on_route(route::message& m) = 0;
  /// The manager's queue is no longer congested, or the manager's state has changed.
  virtual void on_relief() = 0;
  virtual void on_manager_state(bool up) = 0;
  /// The manager is one that knows nothing of the sessions there are (any more): each client asks for its session again, says so by
  /// switchboard::session_awaited(), and by session_back() when it has it or never will.
  /// Answers whether all have asked. Otherwise they do so by and by, and then call switchboard::all_have_asked(): it counts as away for them
  /// until then.
  virtual bool on_manager_anew() { return true; }
  /// It was away before all had asked, and is the same as before: they go on. Answers as on_manager_anew().
  virtual bool on_manager_resumed() { return true; }
  /// The manager is gone and expected back.
  virtual void on_manager_away() {}
  /// All of them have.
  virtual void on_sessions_back() {}
  /// Somebody looks for who is here, see switchboard::look_for_names().
  virtual void look_for_names() {}

  // The same where there are several managers, for the clients of one of them.
  virtual void on_manager_state_of(const client_ids&, bool /*up*/) {}
  /// Answers whether all have asked; otherwise switchboard::all_of_them_have_asked() follows.
  virtual bool on_manager_anew_of(const client_ids&) { return true; }
  /// Whoever waits for a session there does so no longer: the other managers' clients do not wait for it.
  virtual void on_manager_away_of(const client_ids&) {}
};

/// A session manager's part on a shard: a partition of the embedded one, or the link to one outside.
class manager {
 public:
  virtual ~manager() = default;
  virtual void on_route(route::message&& m) = 0;
  /// exchange::have_all_heard() has become true.
  virtual void on_all_heard() {}
};

/// Other processes that are connected as c2s; only on one shard.
class remote_clients {
 public:
  virtual ~remote_clients() = default;
  /// False: nobody serves the domain of `to`; the message is untouched.
  virtual bool on_route(route::message& m) = 0;
  virtual void on_relief() = 0;
};

/// Who serves domains that are not the session manager's: components; only on the shard of the connected c2s.
class other_domains {
 public:
  virtual ~other_domains() = default;
  /// A stanza of a session, with from and to: a text of the pool. It is sent on, kept, or answered.
  virtual void on_stanza(std::string&& xml) = 0;
};

/// "The c2s as a whole is gone" travels to the managers in the same queue as its routes, so that it overtakes none: a failure
/// without `to` whose `from` is the c2s' bare domain.
route::message c2s_gone(std::string domain);
/// The domain, or an empty view where it is an ordinary message.
std::string_view gone_c2s(const route::message& m) noexcept;

class exchange;

/// One shard's part of the exchange. The plain functions are called on the shard's own thread.
class switchboard {
 public:
  switchboard(exchange& whole, net::shard& s, std::size_t manager_queue_bytes);

  /// Set before the shard runs; each may be null.
  void attach(clients* c) noexcept { clients_ = c; }
  void attach(manager* m) noexcept { manager_ = m; }
  void attach(remote_clients* r) noexcept { remote_ = r; }
  void attach(other_domains* o) noexcept { others_ = o; }
  /// Something else of this shard to drain in each turn; answers whether there was anything.
  void also_drain(std::function<bool()> drain) { more_drains_.push_back(std::move(drain)); }

  net::shard& own_shard() noexcept { return shard_; }

  void to_manager(route::message&& m);
  void to_all_managers(const route::message& m);
  void to_client(route::message&& m);
  /// A stanza to a domain that is not the manager's.
  void to_others(std::string&& xml);

  /// What further queues between shards raise when they are too full.
  net::pressure& pressure() noexcept;

  /// What the manager of this shard asks for is done slower than it asks: nothing more is made for anybody until that has caught up. Counted.
  void add_slow_storage() noexcept;
  void remove_slow_storage();

  /// Whether a manager may take the next message: one can become many, and what those fill has to be taken on its way first. Where it may
  /// not, a turn comes when it may again.
  bool manager_may_go_on() const noexcept;
  /// Gives the manager of this shard what waits for it, whether it may go on or not.
  void empty_manager_queue();

  /// Whether clients should stop reading for a while, and whether new ones can be served.
  bool manager_congested() const noexcept;
  bool manager_up() const noexcept { return manager_up_; }
  /// Who has a session waits. Where it is not up(), it is expected back, and who has none is told that it is not there; where it is, not all
  /// have asked it for theirs yet.
  bool manager_away() const noexcept { return manager_away_; }

  /// On the thread of this shard, see clients::on_manager_anew().
  void session_awaited() noexcept;
  void session_back() noexcept;
  void all_have_asked();
  /// By anybody, or what was kept back meanwhile has not reached the manager yet; when neither is so any more, clients::on_sessions_back() follows.
  bool sessions_are_awaited() const noexcept;
  /// Every shard looks for who is here. Where sessions are waited for that is done when they are back.
  void look_for_names();
  /// The clients of one of several managers have, see clients::on_manager_anew_of().
  void all_of_them_have_asked() noexcept { session_back(); }

  /// Stanzas that clients did not take, for the manager of this shard: while sessions are waited for they are kept, since whoever sent one may be
  /// among those, and could not be told that it comes back. The manager gets them when all are back, before anybody hears that.
  /// False: there is no room for it, or it is too late; the message is untouched.
  bool keep_back(route::message& m);
  /// For a shutdown: the manager gets what was kept, and nothing more is.
  void stop_keeping_back();

  std::uint64_t bounced() const noexcept { return bounced_; }

 private:
  friend class exchange;
  bool drain();
  void on_manager_state(bool up, bool anew);
  void on_manager_away();
  void to_manager_on(std::uint32_t place, route::message&& m);
  void empty_client_queue();
  void deliver_to_client(route::message&& m);
  void deliver_to_remote(route::message&& m);
  void deliver_to_others(std::string&& xml);
  void deliver_to_manager(route::message&& m);
  void give_to_manager(route::message&& m);
  void let_go();
  void bounce(route::message& m);

  exchange& whole_;
  net::shard& shard_;
  net::channel<route::message> manager_inbox_;
  net::channel<route::message> client_inbox_;
  net::channel<route::message> remote_inbox_;
  net::channel<std::string> others_inbox_;
  clients* clients_ = nullptr;
  manager* manager_ = nullptr;
  remote_clients* remote_ = nullptr;
  other_domains* others_ = nullptr;
  std::vector<std::function<bool()>> more_drains_;
  std::vector<route::message> kept_back_;
  std::size_t kept_back_bytes_ = 0;
  bool keeps_back_ = true;
  std::uint64_t bounced_ = 0;
  bool manager_up_ = true;
  bool manager_away_ = false;
  bool clients_ask_ = false;  ///< for their sessions, also while the manager is away again
};

/// The switchboards of all shards: client id → client, domain → session manager, and nothing else.
class exchange {
 public:
  struct options {
    /// Which shard's manager takes a message (of `shards` many).
    std::function<std::uint32_t(const route::message&, std::uint32_t shards)> placement;
    std::size_t manager_queue_bytes = 0;  ///< for each queue between shards; 0: no limit
    std::uint32_t remote_shard = 0;       ///< where the connected c2s and components live
  };

  exchange(std::vector<net::shard*> shards, options o);

  switchboard& on(std::uint32_t shard) noexcept { return *boards_[shard]; }
  std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(boards_.size()); }

  /// The manager can serve, or can't; every shard hears of it. From any thread. It counts as up at the start.
  void set_manager_state(bool up);
  /// It is gone and expected back: clients with a session keep it, and are not read. Its next state ends that.
  void set_manager_away();
  /// It is up, and knows nothing of the sessions that there are.
  void set_manager_anew();
  /// Where there are several managers: the same for the clients of one of them.
  void set_manager_state_of(client_ids who, bool up);
  void set_manager_away_of(client_ids who);
  void set_manager_anew_of(client_ids who);
  /// Whether there is a manager for new clients. Nobody else notices.
  void admit(bool newcomers);
  /// Whether every shard knows the last state that was set: what was sent in the belief of an earlier one is in the managers' queues by
  /// then. From any thread; managers hear when it becomes true.
  bool have_all_heard() const noexcept { return still_to_hear_.load() == 0; }
  /// The same before the shards run.
  void start_with_manager(bool up) noexcept {
    for (auto& board : boards_) board->manager_up_ = up;
  }
  /// A connected c2s takes too little of what it is sent: nothing more is made for anybody until it has caught up, or is given up. Calls are
  /// counted. From the remote shard.
  void add_slow_remote() noexcept { deliveries_pressure_.add(); }
  void remove_slow_remote();
  /// A manager itself (a link, say) has more to write than it should; relief wakes the clients. Calls are counted. From the managers' shard.
  void add_congested_manager() noexcept { pressure_.add(); }
  void remove_congested_manager();

 private:
  friend class switchboard;
  enum class manager_state : std::uint8_t { up, up_anew, away, down };
  void tell_manager_state(manager_state state);
  template <class Tell>
  void tell(Tell what);
  void heard() noexcept;
  void session_back() noexcept;
  void has_let_go();
  void relieve_if_due();
  void announce_relief();

  options options_;
  net::pressure pressure_;             ///< of queues to managers
  net::pressure deliveries_pressure_;  ///< of queues to clients and c2s
  std::vector<std::unique_ptr<switchboard>> boards_;
  std::atomic<std::size_t> sessions_awaited_{0};  ///< and a shard each that has not asked yet
  std::atomic<std::size_t> still_to_let_go_{
      0};                                      ///< of what was kept back, by shards: then it is announced that sessions are back
  std::atomic<std::size_t> still_to_hear_{0};  ///< states of the manager, by shards
  std::atomic<bool> somebody_waits_{false};    ///< a reader
  std::atomic<bool> drains_wait_{false};       ///< a manager's queue
};

}  // namespace couplet::hub

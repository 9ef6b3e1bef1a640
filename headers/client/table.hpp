#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "base/close_reason.hpp"
#include "base/ip_network.hpp"
#include "client/left_names.hpp"
#include "credentials/source.hpp"
#include "hub/switchboard.hpp"
#include "limits/budget.hpp"
#include "limits/connect_rate.hpp"
#include "net/listener.hpp"
#include "net/shard.hpp"
#include "stream/client_stream.hpp"
#include "tls/context.hpp"
#include "xml/element.hpp"
#include "xml/tokenizer.hpp"

namespace couplet::client {

/// What every client connection is held to. Times in seconds, 0 means never; sizes in bytes, 0 means no limit.
struct policy {
  /// Before login: what a login needs, and no more (strangers get no memory for much XML).
  xml::tokenizer_limits before_login{8 * 1024, 16, 32, 64};
  xml::tokenizer_limits after_login{};
  std::uint64_t bytes_per_second = 0;
  std::size_t outbox_bytes = 1024 * 1024;
  std::size_t connections = 0;
  std::size_t unauthenticated_bytes = 64 * 1024 * 1024;  ///< of all connections that have not logged in
  /// Of what clients had said that have left while the session manager was away; and how many of them are remembered.
  std::size_t left_bytes = 64 * 1024 * 1024;
  std::size_t left_clients = 4096;
  limits::connect_rate::options connects_per_address{};
  limits::connect_rate::options registrations_per_address{};
  std::chrono::seconds tls_timeout{10};  ///< of the handshake
  std::chrono::seconds header_timeout{10};
  std::chrono::seconds login_timeout{30};
  std::chrono::seconds bind_timeout{30};
  std::chrono::seconds manager_timeout{15};
  std::chrono::seconds idle_timeout{0};
  /// Between two steps of what all clients have to do at once, when the session manager is back; 0: none.
  std::chrono::microseconds longest_pause{1000};
  std::vector<base::ip_network> proxies;  ///< whose connections begin with the PROXY protocol, and are counted by what it says
  bool proxy_unix = false;                ///< the same of all that come through Unix-domain sockets
  std::vector<std::string> notify;        ///< JIDs that are told of each login and logout
  std::string http_redirect;              ///< where browsers are sent; empty: they are told what this port is
};

/// What a listener expects to hear first.
enum class entry : std::uint8_t {
  any,  ///< TLS, XML or HTTP: the first bytes tell
  tls,  ///< TLS at once (XEP-0368)
  // The same behind a proxy, whose header comes first. The table finds that out.
  proxied,
  proxied_tls,
};

/// Where logins may do without TLS.
enum class plaintext_logins : std::uint8_t {
  nowhere,
  loopback,   ///< where both ends are on this machine
  everywhere  ///< also where passwords can be read on the way
};

/// What the tables of all shards share. Must outlive them.
struct shared_state {
  shared_state(policy p, stream::client_settings s, plaintext_logins where);

  const policy limit;
  const stream::client_settings settings;
  const plaintext_logins plaintext;
  limits::budget connections;
  limits::budget unauthenticated;
  limits::budget left_bytes;
  limits::budget left_clients;
  client::left_names left_names;
  std::mutex rate_mutex;
  limits::connect_rate rate;           ///< of connects; under rate_mutex
  limits::connect_rate registrations;  ///< under rate_mutex
};

/// What happened on one shard, for the log's last line and for tests.
struct counters {
  std::uint64_t accepted = 0;
  std::uint64_t logins = 0;
  /// Logins that were refused, and only since a back end (credentials or session manager) was down, silent or in trouble.
  std::uint64_t unanswered = 0;
  std::uint64_t notices = 0;  ///< one for each login, logout and JID that is told
  std::uint64_t unsaid = 0;   ///< stanzas whose senders had left, and that no session manager took any more
  base::end_counters ends;
  counters& operator+=(const counters& other) noexcept;
};

class connection;
class left_behind;
class returning;

/// The client connections of one shard: a seat for each, found by client_id; the shard's scratch objects. On the shard's thread.
class table final : public hub::clients {
 public:
  /// `credentials`: answers the questions of logins; null: there is nobody to ask. Must outlive the table.
  table(shared_state& shared, hub::switchboard& board, credentials::source* credentials);
  ~table() override;

  /// A connection that a listener has accepted: refused by a limit, or a life begins. Takes over the descriptor.
  void accept(int descriptor, const net::peer& who, entry how = entry::any);

  /// For connections from now on; null: no TLS. Those that are open keep theirs.
  void set_contexts(std::shared_ptr<const tls::contexts> contexts) noexcept { contexts_ = std::move(contexts); }

  /// Where clients are sent when the server stops: HOST or HOST:PORT; empty: nowhere.
  void set_other_host(std::string host) { other_host_ = std::move(host); }

  // hub::clients
  bool on_route(route::message& m) override;
  void on_relief() override;
  void on_manager_state(bool up) override;
  bool on_manager_anew() override;
  bool on_manager_resumed() override;
  void on_manager_away() override;
  void on_sessions_back() override;
  void look_for_names() override;
  void on_manager_state_of(const hub::client_ids& who, bool up) override;
  bool on_manager_anew_of(const hub::client_ids& who) override;
  void on_manager_away_of(const hub::client_ids& who) override;

  // The three steps of a shutdown.
  void stop_reading();
  void end_all(base::close_reason reason);
  void abort_all(base::close_reason reason);

  /// How many are connected. From any thread.
  std::size_t size() const noexcept { return used_.load(std::memory_order_relaxed); }
  /// Of all that are connected now.
  std::vector<std::uint64_t> ids() const;
  const counters& count() const noexcept { return count_; }

 private:
  friend class connection;
  friend class left_behind;
  friend class returning;
  friend class seat;

  struct place {
    connection* occupant = nullptr;
    std::uint32_t generation = 0;
  };
  /// Null where the client is gone: its seat is empty or belongs to somebody else.
  connection* find(std::uint64_t id) const noexcept;
  std::uint64_t sit(connection& c);
  void leave(std::uint64_t id) noexcept;
  /// A seat, or one that nobody sits on: an id.
  std::uint64_t take_place(connection* occupant);
  void leave_place(std::uint64_t id) noexcept;
  bool is_proxy(const net::peer& who) const;
  bool admits(const net::peer& who);
  base::close_reason reason_to_stop() const noexcept;
  void refuse(int descriptor, const net::peer& who, entry how, base::close_reason why);
  void ask(std::uint64_t id, sasl::question&& q);
  net::task<> asking(std::uint64_t id, sasl::question q);
  // source/client/each.hpp
  template <class Action>
  static void guarded(connection& c, Action&& action);
  template <class Action>
  void for_each(Action&& action);
  template <class Action>
  void for_each_of(const hub::client_ids& who, Action&& action);

  shared_state& shared_;
  hub::switchboard& board_;
  net::shard& shard_;
  credentials::source* credentials_;
  std::shared_ptr<const tls::contexts> contexts_;
  std::vector<place> places_;
  std::vector<std::uint32_t> free_places_;
  std::atomic<std::size_t> used_{0};
  std::uint32_t next_generation_;
  bool reading_ = true;
  std::unique_ptr<returning> returning_;      ///< when the manager was away
  std::unique_ptr<left_behind> left_behind_;  ///< by those who did not wait for it
  std::string other_host_;
  counters count_;

  // Scratch, used within one call and never across a suspension.
  xml::workspace_pool workspaces_;
  xml::fragment document_;
  stream::effects effects_;
};

}  // namespace couplet::client

#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "base/close_reason.hpp"
#include "hub/switchboard.hpp"
#include "limits/budget.hpp"
#include "limits/connect_rate.hpp"
#include "net/listener.hpp"
#include "net/shard.hpp"
#include "stream/client_stream.hpp"
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
  limits::connect_rate::options connects_per_address{};
  std::chrono::seconds header_timeout{10};
  std::chrono::seconds login_timeout{30};
  std::chrono::seconds bind_timeout{30};
  std::chrono::seconds manager_timeout{15};
  std::chrono::seconds idle_timeout{0};
};

/// What the tables of all shards share. Must outlive them.
struct shared_state {
  shared_state(policy p, stream::client_settings s, bool allow_plaintext_);

  const policy limit;
  const stream::client_settings settings;
  const bool allow_plaintext;  ///< also where bytes leave the machine
  limits::budget connections;
  limits::budget unauthenticated;
  std::mutex rate_mutex;
  limits::connect_rate rate;  ///< under rate_mutex
};

/// What happened on one shard, for the log's last line and for tests.
struct counters {
  std::uint64_t accepted = 0;
  std::uint64_t logins = 0;
  base::end_counters ends;
  counters& operator+=(const counters& other) noexcept;
};

class connection;

/// The client connections of one shard: a seat for each, found by client_id; the shard's scratch objects. On the shard's thread.
class table final : public hub::clients {
 public:
  table(shared_state& shared, hub::switchboard& board);
  ~table() override;

  /// A connection that a listener has accepted: refused by a limit, or a life begins. Takes over the descriptor.
  void accept(int descriptor, const net::peer& who);

  // hub::clients
  bool on_route(route::message& m) override;
  void on_relief() override;
  void on_manager_state(bool up) override;

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
  friend class seat;

  struct place {
    connection* occupant = nullptr;
    std::uint32_t generation = 0;
  };
  /// Null where the client is gone: its seat is empty or belongs to somebody else.
  connection* find(std::uint64_t id) const noexcept;
  std::uint64_t sit(connection& c);
  void leave(std::uint64_t id) noexcept;
  void refuse(int descriptor, const net::peer& who, base::close_reason why);
  template <class Action>
  void for_each(Action&& action);

  shared_state& shared_;
  hub::switchboard& board_;
  net::shard& shard_;
  std::vector<place> places_;
  std::vector<std::uint32_t> free_places_;
  std::atomic<std::size_t> used_{0};
  std::uint32_t next_generation_;
  bool reading_ = true;
  counters count_;

  // Scratch, used within one call and never across a suspension.
  xml::workspace_pool workspaces_;
  xml::fragment document_;
  stream::effects effects_;
};

}  // namespace couplet::client

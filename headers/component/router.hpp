#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "base/close_reason.hpp"
#include "hub/switchboard.hpp"
#include "net/intrusive_list.hpp"
#include "net/listener.hpp"
#include "net/shard.hpp"
#include "stream/component_stream.hpp"

namespace couplet::component {

/// The listener's settings.
struct options {
  /// Who may connect as c2s: prepared name → secret. Secrets are never logged.
  std::map<std::string, std::string, std::less<>> c2s;
  std::size_t outbox_bytes =
      0;  ///< what may wait for one c2s: above 3/4 all others wait, and after ten seconds it is ended; 0: no limit
  std::chrono::seconds handshake_timeout{10};  ///< from accept to the right handshake; 0: none
};

class c2s_traffic;
class connection;
struct unproven_tag;

/// The component listener (XEP-0114, accepting side): which name is served by which connection. On one shard.
///
/// Other Couplets (or jadc2s) connect here as c2s of the embedded session manager. A second connection of one name replaces the first,
/// which ends with <conflict/>; when a connection ends, its sessions end.
class router final : public hub::remote_clients {
 public:
  router(options o, hub::exchange& whole, hub::switchboard& board);
  ~router() override;

  /// From the next handshake on; connections that are open stay.
  void set_secrets(std::map<std::string, std::string, std::less<>> c2s) { options_.c2s = std::move(c2s); }

  /// A connection that the listener has accepted. Takes over the descriptor.
  void accept(int descriptor, const net::peer& who);

  // hub::remote_clients
  bool on_route(route::message& m) override;
  void on_relief() override;

  // The steps of a shutdown.
  void stop_reading();
  void end_all(base::close_reason reason);
  void abort_all(base::close_reason reason);

  const base::end_counters& ends() const noexcept { return ends_; }

 private:
  friend class c2s_traffic;
  friend class connection;
  void admit(connection& c);
  void dismiss(connection& c) noexcept;
  void serve(connection& c);
  void leave(c2s_traffic& c);
  void refuse(int descriptor, const net::peer& who, base::close_reason why);
  c2s_traffic* find(std::string_view domain) const;

  options options_;
  hub::exchange& whole_;
  hub::switchboard& board_;
  stream::component_stream::secrets find_secret_;
  std::map<std::string, c2s_traffic*, std::less<>> routes_;  ///< authenticated, by name
  std::set<connection*> all_;
  net::intrusive_list<connection, unproven_tag> unproven_;  ///< of `all_`, those without a right handshake; the oldest first
  std::size_t unproven_count_ = 0;
  base::end_counters ends_;
  bool reading_ = true;
};

}  // namespace couplet::component

#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/close_reason.hpp"
#include "hub/switchboard.hpp"
#include "net/intrusive_list.hpp"
#include "net/listener.hpp"
#include "net/outbox.hpp"
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
  /// How long the sessions of a c2s that counts (XEP-0198) live on when its connection breaks; 0: not at all.
  std::chrono::seconds absence{60};
};

class absent_c2s;
class c2s_traffic;
class connection;
struct counted_link;
struct unproven_tag;

/// The component listener (XEP-0114, accepting side): which name is served by which connection. On one shard.
///
/// Other Couplets (or jadc2s) connect here as c2s of the embedded session manager. A second connection of one name replaces the first,
/// which ends with <conflict/>; when a connection ends, its sessions end. A c2s that counts what it is sent (XEP-0198) may come back, with
/// another connection that goes on where the last one broke.
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

  /// For the end, when no thread runs any more: the loops may go before what is marked.
  void fall_silent() noexcept { silent_ = true; }

  const base::end_counters& ends() const noexcept { return ends_; }

 private:
  friend class absent_c2s;
  friend class c2s_traffic;
  friend class connection;
  void admit(connection& c);
  void dismiss(connection& c) noexcept;
  void serve(connection& c);
  void leave(c2s_traffic& c);

  // absence.cpp: links that are taken up again
  void claim(c2s_traffic& c);
  bool keep_absent(c2s_traffic& c, net::outbox& left, base::close_reason why);
  std::unique_ptr<counted_link> take_up(c2s_traffic& c, std::uint64_t link, net::outbox& left);
  std::optional<std::uint64_t> handled_of(std::uint64_t lost_link) const;
  void give_up(const std::string& name, const char* why);
  void give_up_all(const char* why);
  void give_back(std::string_view piece);
  route::receipts* make_receipts();
  void tell_what_is_handled();
  void refuse(int descriptor, const net::peer& who, base::close_reason why);
  c2s_traffic* find(std::string_view domain) const;

  options options_;
  hub::exchange& whole_;
  hub::switchboard& board_;
  stream::component_stream::secrets find_secret_;
  std::map<std::string, c2s_traffic*, std::less<>> routes_;  ///< authenticated, by name
  std::map<std::string, std::unique_ptr<absent_c2s>, std::less<>> absent_;
  std::deque<std::pair<std::uint64_t, std::uint64_t>>
      lost_links_;  ///< the last ones that were given up: how much of them was handled
  std::function<bool(std::string_view)> counts_;
  std::set<connection*> all_;
  net::intrusive_list<connection, unproven_tag> unproven_;  ///< of `all_`, those without a right handshake; the oldest first
  std::size_t unproven_count_ = 0;
  base::end_counters ends_;
  bool reading_ = true;
  bool silent_ = false;
};

}  // namespace couplet::component

#pragma once

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
#include "component/options.hpp"
#include "hub/switchboard.hpp"
#include "limits/connect_rate.hpp"
#include "net/intrusive_list.hpp"
#include "net/listener.hpp"
#include "net/outbox.hpp"
#include "net/peer.hpp"
#include "net/shard.hpp"
#include "stream/component_stream.hpp"
#include "tls/context.hpp"

namespace couplet::component {

class absent_c2s;
class c2s_traffic;
class components;
class connection;
struct counted_link;
struct unproven_tag;

/// How a connection begins: with its stream, or with TLS.
enum class entry : std::uint8_t { plain, tls };

/// The component listener (XEP-0114, accepting side): who gets in, and which name is served by which connection. On one shard.
///
/// Other Couplets (or jadc2s) connect here as c2s of the embedded session manager. A second connection of one name replaces the first,
/// which ends with <conflict/>; when a connection ends, its sessions end. A c2s that counts what it is sent (XEP-0198) may come back, with
/// another connection that goes on where the last one broke.
///
/// Components connect here, too: each has a domain of its own, and exchanges stanzas with the accounts and with other components. What
/// becomes of a second connection, and of stanzas for a component that is not there, is in the options.
class router final : public hub::remote_clients {
 public:
  router(options o, hub::exchange& whole, hub::switchboard& board);
  ~router() override;

  /// From the next handshake on; connections that are open stay.
  void set_secrets(secret_map c2s, secret_map components = {});
  void log_stanzas(bool on) noexcept { options_.logs_stanzas = on; }
  /// For those that begin with TLS, from the next one on. Where they ask for certificates, a component that shows one for its name needs no secret.
  void set_contexts(std::shared_ptr<const tls::contexts> contexts) { contexts_ = std::move(contexts); }

  /// A connection that the listener has accepted. Takes over the descriptor.
  void accept(int descriptor, const net::peer& who, entry how = entry::plain);

  // hub::remote_clients
  bool on_route(route::message& m) override;
  void on_relief() override;

  /// One line in the log for each name: who serves it, since when, how much went through and how much waits.
  void say_table() const;

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
  connection& pick_to_make_way(const net::peer& newcomer);
  void dismiss(connection& c) noexcept;
  bool is_taken(std::string_view name) const;
  bool asks_for_certificates() const noexcept { return contexts_ && contexts_->asks_for_client_certificates(); }
  void note_wrong_secret(const net::peer& who);
  void serve(connection& c);
  void serve_c2s(connection& c);
  void leave(c2s_traffic& c);

  // absence.cpp: links that are taken up again
  void claim(c2s_traffic& c);
  bool is_about_to_be_away(const c2s_traffic& c) const noexcept;
  bool keep_absent(c2s_traffic& c, net::outbox& left, base::close_reason why);
  const counted_link* find_link(std::string_view name, std::uint64_t link) const;
  std::unique_ptr<counted_link> take_up(c2s_traffic& c, std::uint64_t link, net::outbox& left);
  std::optional<std::uint64_t> handled_of(std::uint64_t lost_link) const;
  void give_up(std::string name, const char* why);
  void give_up_all(const char* why);
  void give_back(std::string_view piece);
  route::receipts* make_receipts();
  void tell_what_is_handled();
  void refuse(int descriptor, const net::peer& who, base::close_reason why, entry how);
  c2s_traffic* find(std::string_view domain) const;

  options options_;
  hub::exchange& whole_;
  hub::switchboard& board_;
  stream::component_stream::secrets find_secret_;
  std::shared_ptr<const tls::contexts> contexts_;
  std::map<std::string, c2s_traffic*, std::less<>> routes_;  ///< authenticated, by name
  std::map<std::string, std::unique_ptr<absent_c2s>, std::less<>> absent_;
  std::deque<std::pair<std::uint64_t, std::uint64_t>>
      lost_links_;  ///< the last ones that were given up: how much of them was handled
  std::function<bool(std::string_view)> counts_;
  std::unique_ptr<components> components_;
  std::set<connection*> all_;
  net::intrusive_list<connection, unproven_tag> unproven_;  ///< of `all_`, those without a right handshake; the oldest first
  std::size_t unproven_count_ = 0;
  limits::connect_rate wrong_secrets_;  ///< of addresses beyond this machine
  std::uint64_t next_id_ = 0;
  base::end_counters ends_;
  bool reading_ = true;
  bool silent_ = false;
};

}  // namespace couplet::component

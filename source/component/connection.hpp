#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "component/router.hpp"
#include "net/wire.hpp"
#include "traffic.hpp"
#include "xml/tokenizer.hpp"

namespace couplet::component {

/// One connection of the component listener: header, handshake, then elements in both directions, whose meaning its traffic knows.
class connection final : public net::wire, public net::list_node<unproven_tag> {
 public:
  connection(router& r, int descriptor, const net::peer& who, entry how);
  ~connection() override;

  static net::task<> live(router& r, int descriptor, net::peer who, entry how);

  /// Whether the router still counts it among those that have proved nothing.
  bool is_unproven() const noexcept { return net::list_node<unproven_tag>::linked(); }
  const std::string& name() const noexcept { return machine_.name(); }
  const net::peer& who() const noexcept { return who_; }
  stream::component_stream& machine() noexcept { return machine_; }

  /// The handshake was right: from here on its elements are for `t`.
  void begin(std::unique_ptr<traffic> t);
  /// Another one for each connection of a process.
  const std::string& id() const noexcept { return id_; }
  /// What it was sent and has not taken.
  std::size_t waiting_bytes() const noexcept { return out().size(); }
  /// Something for the peer that goes back where it is not taken.
  void send_piece(std::string_view piece);
  /// Something that nobody misses when it is lost.
  void say(std::string_view bytes);
  /// For one that has been ended, while its goodbye may still wait: what of the pieces the peer was not given whole goes to `take`, in order, and
  /// is nobody's here any more. `take` must not write to this connection.
  void hand_over(const std::function<void(std::string_view piece)>& take);
  // A peer that acknowledges pieces.
  void keep_pieces() { out().keep_until_acknowledged(); }
  void acknowledge(std::uint64_t pieces) { out().acknowledge(pieces); }
  void leave_outbox(net::outbox& heir) { heir.take_over(out(), 0); }
  /// Says this, then writes what another connection left.
  void go_on(std::string_view said, net::outbox& left);
  void on_relief();
  void end(base::close_reason reason);
  /// A line in the log: who serves which name, since when, and how much went through.
  void say_served() const;

 private:
  bool is_logged() const;
  void log_stanza(const char* way, std::string_view xml) const;
  void say(base::log::level level, std::string_view text, std::string_view reason) const;
  void on_input(std::string_view input);
  void apply();
  const tls::client_identity* shown() noexcept;
  bool is_proved_by_certificate();
  void say_what_was_shown();
  void look_at_queue();
  void catch_up();
  void set_next_deadline();
  void keep_alive();
  void on_time(base::time_point now) override;
  void on_flushed() override;
  void finish();
  bool paused() const noexcept;

  router& router_;
  xml::workspace_pool workspaces_;
  xml::tokenizer tokenizer_;
  stream::component_stream machine_;
  stream::component_effects effects_;
  std::unique_ptr<traffic> traffic_;  ///< after the handshake
  const net::peer who_;
  const std::string id_;
  struct {
    std::uint64_t stanzas_in = 0, stanzas_out = 0;
    std::uint64_t bytes_in = 0, bytes_out = 0;  ///< of stanzas out: as they were put into the outbox
  } count_;
  std::uint64_t out_before_ = 0;  ///< stanzas, when it was last looked whether the peer heard anything
  base::time_point since_{};      ///< the handshake
  bool congested_ = false;
  bool takes_too_little_ = false;  ///< of what is sent to it: it may not send meanwhile, for much of that comes back to it
  bool peer_finished_ = false;
};

}  // namespace couplet::component

#pragma once

#include <string>
#include <string_view>

#include "component/router.hpp"
#include "net/wire.hpp"
#include "xml/tokenizer.hpp"

namespace couplet::component {

/// One component connection: header, handshake, then routes in both directions.
class connection final : public net::wire, public net::list_node<unproven_tag> {
 public:
  connection(router& r, int descriptor, const net::peer& who);
  ~connection() override;

  static net::task<> live(router& r, int descriptor, net::peer who);

  /// Whether the router still counts it among those that have proved nothing.
  bool is_unproven() const noexcept { return net::list_node<unproven_tag>::linked(); }
  const std::string& name() const noexcept { return machine_.name(); }
  /// A route to a client of this c2s.
  void send(route::message&& m);
  void on_relief();
  void end(base::close_reason reason);

 private:
  void on_input(std::string_view input);
  void on_traffic(const xml::element_view& element);
  void on_route(route::message&& m);
  void answer_stray(const xml::element_view& element);
  void apply();
  void catch_up();
  void on_time(base::time_point now) override;
  void on_flushed() override;
  void finish();
  bool paused() const noexcept;

  router& router_;
  xml::workspace_pool workspaces_;
  xml::tokenizer tokenizer_;
  stream::component_stream machine_;
  stream::component_effects effects_;
  std::string address_;
  std::string scratch_;
  bool congested_ = false;
  bool takes_too_little_ = false;  ///< of what is sent to it: it may not send meanwhile, for much of that comes back to it
  bool peer_finished_ = false;
};

}  // namespace couplet::component

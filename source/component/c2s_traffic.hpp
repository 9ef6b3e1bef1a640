#pragma once

#include <string>

#include "connection.hpp"
#include "hub/switchboard.hpp"
#include "route/message.hpp"
#include "traffic.hpp"

namespace couplet::component {

/// Another Couplet (or jadc2s) as c2s of the embedded session manager: routes in both directions, and nothing else.
class c2s_traffic final : public traffic {
 public:
  c2s_traffic(router& r, connection& peer) : router_(r), peer_(peer) {}

  connection& peer() noexcept { return peer_; }
  /// A route to a client of this c2s.
  void send(route::message&& m);

  void on_element(const xml::tokenizer& from, stream::component_effects& out) override;
  void on_slow(bool slow) override;
  void leave() override;
  void give_back(std::string_view piece) override;
  void on_gone() override { leave(); }

 private:
  void on_route(route::message&& m, stream::component_effects& out);
  void answer_stray(const xml::element_view& element, stream::component_effects& out);

  router& router_;
  connection& peer_;
  std::string scratch_;
};

}  // namespace couplet::component

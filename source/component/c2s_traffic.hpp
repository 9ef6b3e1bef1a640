#pragma once

#include <memory>
#include <string>

#include "connection.hpp"
#include "counted_link.hpp"
#include "hub/switchboard.hpp"
#include "route/message.hpp"
#include "stream/management.hpp"
#include "traffic.hpp"

namespace couplet::component {

/// Another Couplet (or jadc2s) as c2s of the embedded session manager: routes in both directions, and nothing else.
class c2s_traffic final : public traffic {
 public:
  c2s_traffic(router& r, connection& peer) : router_(r), peer_(peer) {}

  connection& peer() const noexcept { return peer_; }
  /// Whether it counts what it is sent, and may come back for it.
  bool counts() const noexcept override { return link_ != nullptr; }
  /// Null: it does not count.
  const counted_link* link() const noexcept { return link_.get(); }
  std::unique_ptr<counted_link> take_link() { return std::move(link_); }
  void tell_what_is_handled();
  /// A route to a client of this c2s.
  void send(route::message&& m);

  void on_element(const xml::tokenizer& from, stream::component_effects& out) override;
  void on_slow(bool slow) override;
  void leave() override;
  bool outlives(net::outbox& left, base::close_reason why) override { return router_.keep_absent(*this, left, why); }
  void give_back(std::string_view piece) override { router_.give_back(piece); }
  void on_gone() override { leave(); }
  std::string_view kind() const noexcept override { return "c2s"; }
  const xml::tokenizer_limits& limits() const noexcept override;

 private:
  void on_management(const stream::management::element& e, stream::component_effects& out);
  void on_resume(const stream::management::element& e, stream::component_effects& out);
  void write(std::string_view piece, route::custody mark = {});
  bool take_mark(route::custody& mark, stream::component_effects& out);
  void on_route(route::message&& m, route::custody mark, stream::component_effects& out);
  void answer_stray(const xml::element_view& element, stream::component_effects& out);

  router& router_;
  connection& peer_;
  std::unique_ptr<counted_link> link_;  ///< null: it does not count
  std::string scratch_;
  bool has_spoken_ = false;  ///< a route: the name is its own
};

/// Writes the route as it goes to a c2s into `out`, instead of what is there, and gives its texts back. Leaves its trace.
void write_route(std::string& out, route::message& m);

}  // namespace couplet::component

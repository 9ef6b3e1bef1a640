#pragma once

#include <string>
#include <string_view>

#include "link/manager_link.hpp"
#include "net/wire.hpp"
#include "stream/component_stream.hpp"
#include "xml/tokenizer.hpp"

namespace couplet::link {

/// Appends the route as it goes over the link: our clients' handles become addresses at `name`, and the node of that is what session control
/// calls the connection. Leaves the texts in it.
void append_from_us(std::string& out, route::message& m, std::uint32_t run, std::string_view name);

/// One TCP connection to the manager, from our header to the end.
class manager_link::conversation final : public net::wire {
 public:
  conversation(manager_link& owner, int descriptor);

  net::task<> live();

  bool is_up() const noexcept { return is_open() && machine_.authenticated(); }
  const std::string& peer_condition() const noexcept { return machine_.peer_condition(); }
  /// Precondition: is_up(). Turns handles into addresses and writes the route. Takes its texts.
  void send(route::message&& m);
  /// Writes a route as it is.
  void send_written(std::string_view route);
  void end(base::close_reason reason);
  /// Hands every route that was not written whole to `take(route::message&, std::string_view as_written)`, as it was given to send().
  template <class Take>
  void for_each_unwritten(Take&& take);

 private:
  void on_input(std::string_view input);
  void on_traffic(const xml::element_view& element);
  void look_at_queue();
  void apply();
  void on_time(base::time_point now) override;
  void on_flushed() override;

  manager_link& owner_;
  xml::workspace_pool workspaces_;
  xml::tokenizer_limits limits_;
  xml::tokenizer tokenizer_;
  stream::link_stream machine_;
  stream::component_effects effects_;
  std::string scratch_;
  bool congested_ = false;
};

}  // namespace couplet::link

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "link/manager_link.hpp"
#include "net/wire.hpp"
#include "stream/component_stream.hpp"
#include "stream/management.hpp"
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

  bool is_up() const noexcept { return is_open() && up_; }
  const std::string& peer_condition() const noexcept { return machine_.peer_condition(); }
  /// Precondition: is_up(). Turns handles into addresses and writes the route. Takes its texts.
  void send(route::message&& m);
  /// Writes a route as it is.
  void send_written(std::string_view route);
  void end(base::close_reason reason);
  /// Hands every route that was not written whole to `take(route::message&, std::string_view as_written)`, as it was given to send().
  template <class Take>
  void for_each_unwritten(Take&& take);
  /// What is left when it is over.
  template <class Take>
  void leave_to(Take&& take) {
    take(out());
  }

 private:
  void on_input(std::string_view input);
  void on_authenticated();
  void on_traffic(const xml::element_view& element);
  void on_management(const stream::management::element& e);
  void on_resumed(std::uint32_t handled);
  void on_not_resumed(std::optional<std::uint32_t> handled);
  void on_up(bool resumed);
  void keep_alive(base::time_point now);
  bool is_given_twice(route::message& m);
  void say_in_time();
  void say_what_came();
  void on_stray(const xml::element_view& element);
  void look_at_queue();
  std::size_t waiting_bytes() const noexcept;
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
  base::time_point heard_at_;
  base::time_point keepalive_at_{};  ///< epoch: never
  base::time_point asked_at_{};      ///< the first question since the manager last said anything; epoch: there is none
  std::uint64_t said_ = 0;           ///< how many routes we last said had come
  bool up_ = false;
  bool counts_ = false;         ///< both sides do (XEP-0198)
  bool says_soon_ = false;      ///< how much came: the deadline is for that
  bool question_open_ = false;  ///< how much it has: a sign of life
};

}  // namespace couplet::link

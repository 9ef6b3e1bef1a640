#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "client_end.hpp"

namespace couplet::lives {

inline std::string message(const std::string& id) {
  return "<message to='v@example.org' id='" + id + "'><body>hello</body></message>";
}

inline std::string asked_for(const route::message& m) {
  const auto* const start = std::get_if<route::session_start>(&m);
  return start == nullptr ? std::string() : start->to.text;
}

/// Plays a manager that comes back without its sessions.
struct returning_house : small_house {
  static constexpr std::size_t asked_at_once = 8;

  returning_house() : returning_house(default_policy()) {}
  explicit returning_house(const client::policy& p, stream::client_settings s = example_settings())
      : small_house(p, std::move(s)) {}

  void go_away() {
    exchange->set_manager_away();
    settle();
  }
  void come_anew() {
    exchange->set_manager_anew();
    settle();
  }
  /// The link to the same one is taken up again.
  void come_back() {
    exchange->set_manager_state(true);
    settle();
  }
  /// Gives a session to everybody who has asked for one so far; answers to how many.
  std::size_t give_sessions() {
    std::size_t given = 0;
    for (auto& m : std::exchange(routes, {})) {
      if (asked_for(m).empty()) {
        others.push_back(std::move(m));
        continue;
      }
      ++given;
      manager_sends(route::session_started(route::address(asked_for(m) + "1f"), route::from_of(m)));
    }
    return given;
  }
  /// The stanzas that have come to the manager, by the handle of who sent them.
  std::size_t stanzas_from(std::uint64_t id) {
    const auto is_his = [id](const route::message& m) {
      return std::holds_alternative<route::stanza>(m) && route::from_of(m).handle == id;
    };
    return static_cast<std::size_t>(std::count_if(others.begin(), others.end(), is_his));
  }
  std::vector<route::message> others;
};

}  // namespace couplet::lives

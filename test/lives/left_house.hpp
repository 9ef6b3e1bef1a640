#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "returning_house.hpp"

namespace couplet::lives {

using texts = std::vector<std::string>;
using verb = route::session_control::verb;

/// One line for each route, in order: what is asked for, said and ended.
inline texts lines_of(const std::vector<route::message>& routes) {
  texts all;
  for (const auto& m : routes) {
    if (const auto* s = std::get_if<route::stanza>(&m)) {
      all.push_back(s->xml.find("id='left-") != std::string::npos ? "question" : "stanza " + s->xml);
    } else if (const auto* c = std::get_if<route::controlled_stanza>(&m)) {
      all.push_back("stanza " + c->xml);
    } else if (const auto* start = std::get_if<route::session_start>(&m)) {
      all.push_back("start " + start->to.text);
    } else if (const auto* command = std::get_if<route::session_control>(&m)) {
      all.push_back((command->action == verb::start ? "start " + command->target : "end " + command->sm));
    } else if (const auto* f = std::get_if<route::failure>(&m)) {
      all.push_back(f->xml.empty() ? "end " + f->to.text : "returned " + f->xml);
    } else {
      all.emplace_back(route::name_of(m));
    }
  }
  return all;
}

inline std::string said(int n) {
  return "<message to='v@example.org' id='" + std::to_string(n) + "' from='u@example.org/r'/>";
}
inline texts three_said() {
  return {"stanza " + said(1), "stanza " + said(2), "stanza " + said(3)};
}

inline stream::client_settings keeping_settings() {
  auto s = example_settings();
  s.keeps_sessions = true;
  return s;
}

inline client::policy small_outbox() {
  auto p = default_policy();
  p.outbox_bytes = 100000;
  return p;
}

struct left_house : returning_house {
  explicit left_house(const client::policy& p = default_policy()) : returning_house(p, keeping_settings()) {}

  /// What the link does with a route that the manager which is gone had not handled.
  void hand_back(std::uint64_t client, std::string xml, std::uint64_t number = 0) {
    exchange->on(0).to_client(route::held(route::address(client), std::move(xml), route::origin{0xab, number & 0xffU, 1}));
  }
  /// A client was here, has said three messages, and has left.
  std::uint64_t three_are_left(bool available = false) {
    client_end leaves(*this);
    leaves.log_in();
    if (available) leaves.send("<presence><show>away</show></presence>");
    leaves.hang_up();
    settle();
    routes.clear();
    go_away();
    for (int n = 1; n <= 3; ++n) hand_back(leaves.id, said(n), static_cast<std::uint64_t>(n));
    hand_back(leaves.id, {}, 4);
    return leaves.id;
  }
  /// It does not read, and is given too much. Nothing of that is in the routes.
  void cut_off(std::uint64_t client, const std::string& session = "u@example.org/2f") {
    const std::string text = "<message><body>" + std::string(50000, 'x') + "</body></message>";
    for (int n = 0; n < 20; ++n) exchange->on(0).to_client(route::stanza(route::address(session), route::address(client), text));
    settle();
    std::erase_if(routes, [](const auto& m) {
      const auto* const f = std::get_if<route::failure>(&m);
      return f != nullptr && !f->xml.empty();
    });
  }
  texts take_lines() { return lines_of(std::exchange(routes, {})); }
  /// The manager has worked on the presence.
  void answer() {
    for (const auto& m : std::vector<route::message>(routes)) {
      const auto* const s = std::get_if<route::stanza>(&m);
      const auto at = s == nullptr ? std::string::npos : s->xml.find("left-");
      if (at == std::string::npos) continue;
      const auto id = s->xml.substr(at, s->xml.find('\'', at) - at);
      manager_sends(route::stanza(s->to, s->from, "<message id='late'/>"));
      manager_sends(route::stanza(s->to, s->from, "<presence/>"));
      manager_sends(route::stanza(s->to, s->from, "<iq type='result' id='" + id + "'/>"));
    }
  }
  /// The session that was asked for last.
  void start(const std::string& address) {
    for (auto& m : std::vector<route::message>(routes)) {
      if (asked_for(m).empty()) continue;
      routes.clear();
      manager_sends(route::session_started(route::address(address), route::from_of(m)));
    }
  }
};

/// Of one who had been available.
inline const texts shown_at_last{"stanza <presence from='u@example.org/r'><priority>-1</priority></presence>", "question"};

inline texts operator+(texts a, const texts& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

}  // namespace couplet::lives

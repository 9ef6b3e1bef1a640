#pragma once

#include <doctest/doctest.h>

#include <string>
#include <utility>

#include "connection_stage.hpp"

namespace couplet::lives {

inline stream::client_settings example_settings() {
  stream::client_settings s;
  s.domains = {"example.org"};
  return s;
}

/// A client of a small house, played by the test.
class client_end : public peer_end {
 public:
  explicit client_end(small_house& h, bool loopback = true) : peer_end(h.shard, h.connect(loopback)), house_(h) {
    id = h.table->ids().empty() ? 0 : h.table->ids().back();
  }
  void manager_says(route::message m) { house_.manager_sends(std::move(m)); }
  /// Logs in with the manager's part played; what was said is forgotten.
  void log_in(const std::string& resource = "r") {
    send(header);
    std::string with(login);
    with.replace(with.find(">r<") + 1, 1, resource);
    send(with);
    REQUIRE(house_.routes.size() == 1);
    const auto asked = std::get<route::auth>(house_.routes.at(0));
    const auto at = asked.iq.find("id='") + 4;
    const auto iq_id = asked.iq.substr(at, asked.iq.find('\'', at) - at);
    manager_says(route::auth(asked.to, asked.from, "<iq type='result' id='" + iq_id + "'/>"));
    manager_says(route::session_started(route::address(std::string("u@example.org/1f")), route::address(id)));
    house_.routes.clear();
    take();
  }
  /// The manager shows it to everybody, and so to itself (RFC 6121 section 4.2.2).
  void become_available() {
    send("<presence/>");
    manager_says(
        route::stanza(route::address(std::string("u@example.org/1f")), route::address(id), "<presence from='u@example.org/r'/>"));
    take();
  }
  std::uint64_t id = 0;

  static constexpr const char* header =
      "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='example.org'>";
  static constexpr const char* login =
      "<iq type='set' id='a'><query "
      "xmlns='jabber:iq:auth'><username>u</username><password>p</password><resource>r</resource></query></iq>";

 private:
  small_house& house_;
};

}  // namespace couplet::lives

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "component_house.hpp"
#include "link_house.hpp"

// Notices between two processes: plain messages, which no client sees, and which wait for nobody.

namespace couplet::lives {

using namespace links;
using texts = std::vector<std::string>;

namespace {

const std::string to = "conn@n.example.org";

std::string update(int n = 0) {
  return "<update xmlns='http://amessage.info/protocol/connectionstate'><jid>u@example.org/" + std::to_string(n) +
         "</jid><login/><ip>127.0.0.1</ip></update>";
}

route::message notice(std::uint64_t client = first_client, int n = 0) {
  return route::notice(route::address(client), route::address(to), update(n));
}

std::string written(std::uint64_t client = first_client, int n = 0) {
  return "<message to='" + to + "' from='" + address_of(client) + "'>" + update(n) + "</message>";
}

std::string from_c2s(std::string_view from, std::string_view more = {}) {
  return "<message to='" + to + "' from='" + std::string(from) + "'" + std::string(more) + ">" + update() + "</message>";
}

/// All that is said on the next link.
std::string next_link(link_house& house) {
  auto said = house.shake_hands();
  return said += house.peer->take();
}

}  // namespace

TEST_CASE("notices over the link: plain messages, in order with the routes") {
  link_house house;
  house.shake_hands();
  house.take_heard();
  house.client_sends(first_client, "<presence/>");
  house.send(notice());
  house.send(route::failure(route::address(first_client), house.session()));
  CHECK(house.peer->take() == from_client(first_client, "<presence/>") + written() + "<route from='" + address_of(first_client) +
                                  "' to='u@example.org/1f' type='error'/>");
  CHECK(house.link->lost_notices() == 0);
}

TEST_CASE("notices over the link: what comes back is counted, and neither answered nor told to a client") {
  link_house house;
  house.shake_hands();
  house.take_heard();
  house.send(notice());
  house.peer->take();
  house.peer->send("<message type='error' from='" + to + "' to='" + address_of(first_client) + "'>" + update() +
                   "<error code='502' type='wait'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
                   "</message>");
  CHECK(house.link->returned_notices() == 1);
  house.peer->send("<message from='" + to + "' to='" + address_of(first_client) + "'><body>hi</body></message>" +
                   "<iq type='error' id='1' from='" + to + "' to='" + address_of(first_client) + "'/>");
  CHECK(house.link->returned_notices() == 1);
  CHECK(house.peer->take().empty());
  CHECK(house.take_heard().empty());
}

TEST_CASE("notices over the link: without a link they wait for the next one, in their order, and go first") {
  link_house house;
  house.shake_hands();
  house.peer->take();
  house.peer->hang_up();
  settle(house.shard);
  house.take_heard();
  house.send(notice(first_client, 1));
  house.send(route::failure(route::address(second_client), house.session()));
  house.send(notice(second_client, 2));
  CHECK(house.take_heard().empty());
  const auto said = next_link(house);
  CHECK(said.find(written(first_client, 1) + "<route from='" + address_of(second_client) +
                  "' to='u@example.org/1f' type='error'/>" + written(second_client, 2)) != std::string::npos);
  CHECK(house.link->lost_notices() == 0);
}

TEST_CASE("notices over the link: those that a manager did not take before the link broke go over the next one") {
  link_house house;
  house.shake_hands();
  house.peer->take();
  constexpr int count = 4000;  // more than the kernel takes
  for (int n = 0; n < count; ++n) house.exchange->on(0).to_manager(notice(first_client, n));
  settle(house.shard);
  house.peer->hang_up();
  settle(house.shard);
  house.take_heard();
  const auto again = next_link(house);
  CHECK(again.find(written(first_client, count - 1)) != std::string::npos);
  std::size_t found = 0;
  for (auto at = again.find("<update"); at != std::string::npos; at = again.find("<update", at + 1)) ++found;
  CHECK(found > 100);
  CHECK(found < count);
  CHECK(house.link->lost_notices() == 0);
}

TEST_CASE("notices over the link: a hundred thousand of them take no more than the queue may hold") {
  constexpr std::size_t limit = 1'000'000;
  constexpr int count = 100'000;
  for (const bool linked : {true, false}) {
    CAPTURE(linked);
    link_house house(limit);
    house.shake_hands();
    house.peer->take();
    if (!linked) {
      house.peer->hang_up();
      settle(house.shard);
    }
    const caught_log log;
    for (int n = 0; n < count; ++n) house.exchange->on(0).to_manager(notice(first_client, n));
    house.exchange->on(0).to_manager(route::failure(route::address(first_client), house.session()));
    settle(house.shard);
    CHECK(house.link->lost_notices() > count / 2);
    CHECK(log.has("notices are lost"));
    const auto said = linked ? house.peer->take() : next_link(house);
    CHECK(said.size() < limit + 1'000'000);  // the kernel holds some
    CHECK(said.find(written(first_client, 0)) != std::string::npos);
    CHECK(said.find("type='error'") != std::string::npos);  // the end of a session is never lost
  }
}

TEST_CASE("notices from a c2s: they go to the manager; nothing else that is no route does") {
  component_house house;
  auto c = house.connect_as();
  c->send(from_c2s("n@c2s.example.org"));
  REQUIRE(house.manager.routes.size() == 1);
  const auto& got = std::get<route::notice>(house.manager.routes[0]);
  CHECK(got == route::notice(route::address(std::string("n@c2s.example.org")), route::address(to), update()));
  house.manager.routes.clear();
  for (const auto& other : {from_c2s("n@c2s.example.org", " type='chat'"), "<message to='" + to + "'>" + update() + "</message>",
                            "<message to='" + to + "' from='n@c2s.example.org'><body>hi</body></message>"}) {
    c->send(other);
    CHECK(c->take().find("<not-allowed") != std::string::npos);
  }
  CHECK(house.manager.routes.empty());
  c->send(from_c2s("n@c2s.example.org", " type='error'"));
  CHECK(c->take().empty());
}

TEST_CASE("notices from a c2s: for clients of its own only") {
  component_house house;
  auto c = house.connect_as();
  c->send(from_c2s("n@other.example.org"));
  CHECK(c->take() == "<stream:error><invalid-from xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>");
  CHECK(house.take_routes() == texts{"gone c2s.example.org"});
}

TEST_CASE("notices that come back to a c2s are plain messages, and are not bounced where it is gone") {
  component_house house;
  auto c = house.connect_as();
  const std::string error =
      "<message type='error' from='conn@n.example.org' to='n@c2s.example.org'><error type='cancel'/></message>";
  const auto send_back = [&] {
    house.exchange->on(0).to_client(
        route::notice(route::address(), route::address(std::string("n@c2s.example.org")), error, true));
    settle(house.shard);
  };
  send_back();
  CHECK(c->take() == error);
  c->hang_up();
  CHECK(house.take_routes() == texts{"gone c2s.example.org"});
  send_back();
  CHECK(house.take_routes().empty());
}

}  // namespace couplet::lives

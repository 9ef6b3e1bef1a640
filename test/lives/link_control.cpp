#include <doctest/doctest.h>

#include "link_house.hpp"

// Session control on the link: our clients' names there, and what becomes of it when the link is lost or a client is.

namespace couplet::lives {

using namespace links;
using texts = std::vector<std::string>;
using verb = route::session_control::verb;

namespace {

const std::string declared = "xmlns:sc='http://jabberd.jabberstudio.org/ns/session/1.0'";

std::string node_of(std::uint64_t client) {
  return route::client_node(run, client);
}

/// The two names as they stand on a stanza.
std::string names(std::uint64_t client) {
  return declared + " sc:c2s='" + node_of(client) + "' sc:sm='58'";
}

route::message command(std::uint64_t client, verb action) {
  route::session_control c(route::address(client), link_house::session(), action);
  if (action == verb::start) c.target = "u@example.org/1f";
  if (action == verb::end) c.sm = "58";
  return c;
}

route::message says(std::uint64_t client, std::string xml) {
  return route::controlled_stanza(route::address(client), link_house::session(), {}, "58", std::move(xml));
}

std::string end_of(std::uint64_t client) {
  return from_client(client, "<sc:session " + declared + " action='end' sc:c2s='" + node_of(client) + "' sc:sm='58'/>");
}

}  // namespace

TEST_CASE("link: session control names the connection by the node of its address, in commands and on stanzas") {
  link_house house;
  house.shake_hands();
  house.take_heard();
  house.send(command(first_client, verb::start));
  house.send(says(first_client, "<presence/>"));
  house.send(command(first_client, verb::end));
  CHECK(house.peer->take() ==
        from_client(first_client, "<sc:session " + declared + " action='start' target='u@example.org/1f' sc:c2s='" +
                                      node_of(first_client) + "'/>") +
            from_client(first_client, "<presence " + names(first_client) + "/>") + end_of(first_client));
  house.peer->send(to_client(address_of(first_client), "<message " + names(first_client) + "/>"));
  house.peer->send(to_client(address_of(second_client), "<sc:session " + declared + " action='ended' sc:sm='58'/>"));
  CHECK(house.take_heard() == texts{"1 controlled 58 <message/>", "2 session-control"});
}

TEST_CASE("link: a prefix that the manager declared on its header counts") {
  link_house house;
  house.shake_hands(" " + declared);
  house.take_heard();
  house.peer->send(to_client(address_of(first_client), "<message sc:c2s='x' sc:sm='58'/>"));
  CHECK(house.take_heard() == texts{"1 controlled 58 <message/>"});
}

TEST_CASE("link: what comes for a client that is gone goes back with its names, and its session is ended; ends are ignored") {
  link_house house;
  house.shake_hands();
  house.take_heard();
  // One that has left, and one of an earlier run.
  const auto left = route::client_id{0, 3, 7}.packed();
  for (const auto& address : {address_of(left), route::client_node(run + 1, left) + "@c2s.example.org"}) {
    const auto from = "<route from='" + address + "' to='u@example.org/1f'";
    const auto marks = declared + " sc:c2s='n' sc:sm='58'";
    house.peer->send(to_client(address, "<message " + marks + " id='1'/>"));
    CHECK(house.peer->take() == from + " type='error'><message " + marks + " id='1'/></route>" + from + "><sc:session " +
                                    declared + " action='end' sc:c2s='n' sc:sm='58'/></route>");
    house.peer->send(to_client(address, "<sc:session " + declared + " action='started' id='x' sc:c2s='n' sc:sm='58'/>"));
    CHECK(house.peer->take() == from + "><sc:session " + declared + " action='end' sc:c2s='n' sc:sm='58'/></route>");
    house.peer->send(to_client(address, "<sc:session " + declared + " action='ended' sc:c2s='n' sc:sm='58'/>"));
    house.peer->send(to_client(address, "<sc:session " + declared + " action='ended' sc:c2s='n' sc:sm='n'/>", " type='error'"));
    CHECK(house.peer->take().empty());
  }
  CHECK(house.take_heard().empty());
}

TEST_CASE("link: while there is none, a start fails, stanzas are answered, and ends are kept for the next one") {
  link_house house;
  house.shake_hands();
  house.hang_up();
  house.take_heard();
  house.send(command(second_client, verb::start));
  house.send(says(first_client, "<iq type='get' id='7'/>"));
  house.send(says(first_client, "<presence/>"));
  const auto heard = house.take_heard();
  REQUIRE(heard.size() == 2);
  CHECK(heard[0] == "2 failure The session manager is not connected");
  CHECK(heard[1].starts_with("1 controlled 58 <iq type='error' id='7'"));
  CHECK(heard[1].find("<remote-server-timeout ") != std::string::npos);
  house.send(command(first_client, verb::end));
  house.send(command(second_client, verb::end));
  CHECK(house.take_heard().empty());
  house.shake_hands();
  CHECK(house.peer->take() == end_of(first_client) + end_of(second_client));
}

TEST_CASE("link: when it is lost, what was not written of session control is answered or kept") {
  link_house house;
  house.shake_hands();
  house.take_heard();
  int sent = 0;
  for (; sent < 600; ++sent) house.send(says(first_client, numbered(sent)));
  house.send(command(second_client, verb::start));
  house.send(command(first_client, verb::end));
  house.hang_up();
  const auto heard = house.take_heard();
  REQUIRE(heard.size() >= 3);
  CHECK(heard.back() == "down");
  CHECK(heard[heard.size() - 2] == "2 failure The session manager is not connected");
  const auto& last = heard[heard.size() - 3];
  CHECK(last.starts_with("1 controlled 58 <message type='error' id='599'"));
  house.shake_hands();
  CHECK(house.peer->take() == end_of(first_client));
}

}  // namespace couplet::lives

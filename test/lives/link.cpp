#include <doctest/doctest.h>

#include <algorithm>

#include "base/digest.hpp"
#include "link_house.hpp"

// Our connection to an outside session manager, with the manager played by the test; no network.

namespace couplet::lives {

using namespace links;
using texts = std::vector<std::string>;

TEST_CASE("link: header, handshake, and the clients hear that the manager is there") {
  link_house house;
  CHECK(house.shake_hands() ==
        "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='c2s.example.org'>"
        "<handshake>" +
            base::sha1_hex("5ca1ab1e", "open sesame") + "</handshake>");
  CHECK(house.take_heard() == texts{"up"});
  CHECK(house.exchange->on(0).manager_up());
  CHECK(house.peer->take().empty());
}

TEST_CASE("link: an answer that is no handshake ends the conversation before anybody hears of it") {
  const std::string header =
      "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' id='5ca1ab1e'>";
  const struct {
    std::string said;
    const char* reason;
  } rows[] = {
      {"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='1'>", "invalid_namespace"},
      {"<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams'><handshake/>",
       "bad_format"},
      {"HTTP/1.1 400 Bad Request\r\n\r\n", "not_well_formed"},
      {header + to_client(address_of(first_client), "<message/>"), "protocol_violation"},
      {header + "<!-- -->", "restricted_xml"},
      {header + "</stream:stream>", "closed_by_peer"},
      {header + "<stream:error><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>", "not_authorized"},
      {header + "<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>", "replaced"},
      {header + "<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>",
       "stream_error_by_peer"},
  };
  for (const auto& row : rows) {
    INFO(row.said);
    link_house house;
    const caught_log log;
    house.connect();
    house.peer->send(row.said);
    CHECK(house.peer->take().find("</stream:stream>") != std::string::npos);
    house.hang_up();
    CHECK_MESSAGE(log.has("reason=\"" + std::string(row.reason) + "\""), log.text());
    CHECK_FALSE(log.has("open sesame"));
    CHECK(house.take_heard().empty());
    CHECK_FALSE(house.exchange->on(0).manager_up());
    CHECK(house.link->heard() == 0);
    CHECK(house.shard.lives().inside() == 0);
  }
}

TEST_CASE("link: a manager that says nothing, or stops in the middle, is given up in time") {
  for (const char* said :
       {"", "<stream:str",
        "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' id='1'>"}) {
    link_house house;
    const caught_log log;
    house.connect();
    house.peer->send(said);
    let_deadlines_pass(house.shard);
    CHECK(house.peer->take().find("<connection-timeout") != std::string::npos);
    house.hang_up();
    CHECK(log.has("login_timeout"));
    CHECK(house.shard.lives().inside() == 0);
  }
  link_house house;
  house.shake_hands();
  let_deadlines_pass(house.shard);
  house.client_sends(first_client, "<presence/>");
  CHECK(house.peer->take() == from_client(first_client, "<presence/>"));  // after the handshake there is no deadline
}

TEST_CASE("link: routes in both directions, with handles turned into addresses and back") {
  link_house house;
  house.shake_hands();
  house.take_heard();
  house.client_sends(first_client, "<message id='1'/>");
  CHECK(house.peer->take() == from_client(first_client, "<message id='1'/>"));
  house.send(route::auth(route::address(second_client), house.session(), "<iq type='set'/>"));
  CHECK(house.peer->take() == from_client(second_client, "<iq type='set'/>", " type='auth'"));
  house.send(route::session_start(route::address(second_client), house.session()));
  CHECK(house.peer->take() == "<route from='" + address_of(second_client) + "' to='u@example.org/1f' type='session'/>");
  house.send(route::failure(route::address(first_client), house.session(), "", "<message id='2'/>"));
  CHECK(house.peer->take() == from_client(first_client, "<message id='2'/>", " type='error'"));

  house.peer->send(to_client(address_of(first_client), "<message id='3'/>") +
                   to_client(address_of(second_client), "<presence/>") +
                   to_client(address_of(second_client) + "/r", "<iq type='result'/>", " type='auth'") +
                   "<route from='u@example.org/1f' to='" + address_of(first_client) + "' type='session'/>" +
                   to_client(address_of(first_client), "", " type='error' error='Disconnected'"));
  CHECK(house.take_heard() == texts{"1 stanza <message id='3'/>", "2 stanza <presence/>", "2 auth <iq type='result'/>",
                                    "1 session-started", "1 failure Disconnected"});
  CHECK(house.link->heard() == 5);
  CHECK(house.peer->take().empty());
}

TEST_CASE("link: byte by byte it is the same conversation") {
  link_house house;
  house.shake_hands();
  house.take_heard();
  for (const char b :
       to_client(address_of(first_client), "<message id='1'/>") + " " + to_client(address_of(second_client), "<presence/>"))
    house.peer->send({&b, 1});
  CHECK(house.take_heard() == texts{"1 stanza <message id='1'/>", "2 stanza <presence/>"});
}

TEST_CASE("link: a route for a client of another run, of another name, or that is gone comes back") {
  link_house house;
  house.shake_hands();
  house.take_heard();
  const auto gone = route::client_id{0, 3, 7}.packed();
  const auto other_shard = route::client_id{9, 1, 7}.packed();
  for (const auto& to :
       {route::client_node(run + 1, first_client) + "@c2s.example.org",
        route::client_node(run, first_client) + "@other.example.org",
        route::client_node(run, route::client_id{0, 1, 0}.packed()) + "@c2s.example.org", std::string("c2s.example.org"),
        std::string("nobody@c2s.example.org"), address_of(gone), address_of(other_shard)}) {
    INFO(to);
    house.peer->send(to_client(to, "<message id='1'/>"));
    CHECK(house.peer->take() == "<route from='" + to + "' to='u@example.org/1f' type='error'><message id='1'/></route>");
    house.peer->send(to_client(to, "<message id='1'/>", " type='error' error='x'"));
    CHECK(house.peer->take().empty());  // what is an error is not answered
  }
  CHECK(house.take_heard().empty());
}

TEST_CASE(
    "link: what cannot be read is logged, without what was in it, and answered where it can be; what is no route is ignored") {
  link_house house;
  house.shake_hands();
  house.take_heard();
  const caught_log log;
  const auto to = address_of(first_client);
  for (const auto& bad : {std::string("<route from='u@example.org/1f'><message id='hush'/></route>"),
                          to_client(to, "", " type='hush'"), to_client(to, "<message/><hush/>"), to_client(to, "hush")})
    house.peer->send(bad);
  CHECK(std::count(log.text().begin(), log.text().end(), '\n') == 4);
  CHECK_FALSE(log.has("hush"));
  const auto answers = house.peer->take();
  const auto answer = "<route from='" + to + "' to='u@example.org/1f' type='error' error='The route cannot be read: ";
  CHECK(answers.starts_with(answer));
  CHECK(answers.find("hush") == std::string::npos);
  std::size_t answered = 0;
  for (auto at = answers.find(answer); at != std::string::npos; at = answers.find(answer, at + 1)) ++answered;
  CHECK(answered == 3);  // the first one does not say whom it is for
  house.peer->send("<message to='" + to + "'/><iq type='get' id='1'/><handshake/><stream:features/>");
  CHECK(house.peer->take().empty());
  house.peer->send(to_client(to, "<message/>"));
  CHECK(house.take_heard() == texts{"1 stanza <message/>"});
}

TEST_CASE("link: a prefix that only the stream's header declares goes with the stanza") {
  link_house house;
  house.shake_hands(" xmlns:x='urn:example:x'");
  house.take_heard();
  house.peer->send(to_client(address_of(first_client), "<message><x:note/></message>"));
  const auto heard = house.take_heard();
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].find("xmlns:x='urn:example:x'") != std::string::npos);
}

TEST_CASE("SECURITY 30: a manager's endless stanza is cut off at the limit") {
  link_house house;
  const caught_log log;
  house.shake_hands();
  house.peer->send("<route from='u@example.org/1f' to='" + address_of(first_client) + "'><message><body>");
  const std::string block(64 * 1024, 'x');
  std::size_t sent = 0;
  while (house.exchange->on(0).manager_up() && house.peer->take().empty() && sent < 32 * 1024 * 1024) {
    house.peer->send(block);
    sent += block.size();
  }
  CHECK(sent >= 16 * 1024 * 1024);
  CHECK(sent <= 16 * 1024 * 1024 + block.size());
  house.hang_up();
  CHECK(log.has("element_too_big"));
  CHECK(house.take_heard() == texts{"up", "down"});
}

TEST_CASE("SECURITY 24, link: an element of another namespace that is called route is none") {
  link_house house;
  house.shake_hands();
  house.take_heard();
  const auto to = address_of(first_client);
  house.peer->send("<p:route xmlns:p='urn:p' to='" + to + "' from='u@example.org/1f'><message/></p:route>");
  CHECK(house.peer->take().empty());
  CHECK(house.take_heard().empty());
}

}  // namespace couplet::lives

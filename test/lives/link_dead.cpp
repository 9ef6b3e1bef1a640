#include <doctest/doctest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "link_house.hpp"

// A link that is open, and whose manager is gone without a word, or stuck.

namespace couplet::lives {

using namespace links;

namespace {

constexpr auto grace = std::chrono::seconds(60);
constexpr std::string_view offer = " xmlns:sm='urn:xmpp:sm:3'";
constexpr std::string_view enabled = "<enabled xmlns='urn:xmpp:sm:3' id='00000000000000ab' resume='true' max='60'/>";

}  // namespace

TEST_CASE("counted link: a link that is dead but open shows itself") {
  link_house house(0, grace, std::chrono::seconds(15));
  house.shake_hands(offer);
  house.peer->take();
  house.peer->send(enabled);
  house.take_heard();
  house.peer->put_back({});
  let_deadlines_pass(house.shard);
  CHECK(house.peer->take() == "<r xmlns='urn:xmpp:sm:3'/>");
  CHECK(house.link->is_up());
  CHECK_FALSE(house.exchange->on(0).manager_away());
  house.shard.wheel().advance(base::clock::now() + std::chrono::hours(2));
  settle(house.shard);
  CHECK_FALSE(house.link->is_up());
  CHECK(house.exchange->on(0).manager_away());
  house.peer->take();
  CHECK(house.peer->ended);
}

TEST_CASE("counted link: an answer to the question is a sign of life") {
  link_house house(0, grace, std::chrono::seconds(15));
  house.shake_hands(offer);
  house.peer->take();
  house.peer->send(enabled);
  let_deadlines_pass(house.shard);
  CHECK(house.peer->take() == "<r xmlns='urn:xmpp:sm:3'/>");
  house.peer->send("<a xmlns='urn:xmpp:sm:3' h='0'/>");
  house.shard.wheel().advance(base::clock::now() + std::chrono::hours(2));
  settle(house.shard);
  CHECK(house.link->is_up());
}

TEST_CASE("link: the kernel gives up a manager that acknowledges nothing for two keepalives") {
  link_house house(0, grace, std::chrono::seconds(15));
  const auto pair = socket_pair::of_tcp();
  house.connect(pair);
  unsigned milliseconds = 0;
  socklen_t size = sizeof milliseconds;
  REQUIRE(::getsockopt(pair.life, IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, &size) == 0);
  CHECK(milliseconds == 30000);
}

TEST_CASE("link: a manager that does not count hears white space") {
  link_house house(0, grace, std::chrono::seconds(15));
  house.shake_hands();
  let_deadlines_pass(house.shard);
  CHECK(house.peer->take() == " ");
}

TEST_CASE(
    "link: a manager that does not count is given up where it answers no question and says nothing else for two keepalives") {
  const route::address client(first_client), user("alice@example.org/home");
  route::session_control start(client, user, route::session_control::verb::start);
  route::session_control end(client, user, route::session_control::verb::end);
  const struct {
    route::message said;
    bool asks;
  } rows[] = {
      {route::session_start(client, user), true},
      {route::auth(client, user, "<iq type='set'/>"), true},
      {start, true},
      {end, false},
      {route::stanza(client, user, "<message/>"), false},
      {route::failure(client, user), false},
  };
  for (const auto& row : rows) {
    CAPTURE(route::name_of(row.said));
    for (const auto kept : {grace, std::chrono::seconds(0)}) {
      link_house house(0, kept, std::chrono::seconds(15));
      house.shake_hands();
      house.send(row.said);
      house.shard.wheel().advance(base::clock::now() + std::chrono::seconds(25));
      settle(house.shard);
      CHECK(house.link->is_up());
      house.shard.wheel().advance(base::clock::now() + std::chrono::seconds(50));
      settle(house.shard);
      CHECK(house.link->is_up() != (row.asks && kept == grace));  // without a grace clients would go with the link
    }

    // Whatever it says is a sign of life.
    link_house alive(0, grace, std::chrono::seconds(15));
    alive.shake_hands();
    alive.send(row.said);
    alive.peer->send(" ");
    let_deadlines_pass(alive.shard);
    CHECK(alive.link->is_up());
  }
}

}  // namespace couplet::lives

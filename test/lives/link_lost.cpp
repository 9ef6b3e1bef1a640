#include <doctest/doctest.h>

#include <algorithm>

#include "base/digest.hpp"
#include "link_house.hpp"

// What becomes of requests when the link to the session manager is lost, is not there, or takes too little.

namespace couplet::lives {

using namespace links;
using texts = std::vector<std::string>;

TEST_CASE("link: when it is lost, what was not written is answered, and then the clients hear of it") {
  link_house house;
  house.shake_hands();
  house.take_heard();
  int sent = 0;
  for (; sent < 600; ++sent) house.client_sends(sent % 2 == 0 ? first_client : second_client, numbered(sent));
  house.send(route::auth(route::address(first_client), house.session(), "<iq type='set'/>"));
  house.client_sends(second_client, "<iq type='result' id='no answer'/>");
  CHECK(house.take_heard().empty());
  house.hang_up();
  const auto heard = house.take_heard();
  REQUIRE(heard.size() >= 3);
  CHECK(heard.back() == "down");
  CHECK(heard[heard.size() - 2] == "1 failure The session manager is not connected");
  // The rest are errors, in order, without a gap up to the last.
  const int unwritten = static_cast<int>(heard.size()) - 2;
  CHECK(unwritten < sent);
  for (int i = 0; i < unwritten; ++i) {
    const int n = sent - unwritten + i;
    const auto& error = heard[static_cast<std::size_t>(i)];
    CHECK(error.starts_with(n % 2 == 0 ? "1 stanza <message type='error' id='" : "2 stanza <message type='error' id='"));
    CHECK(error.find("id='" + std::to_string(n) + "'") != std::string::npos);
    CHECK(error.find("<remote-server-timeout ") != std::string::npos);
  }
  CHECK_FALSE(house.exchange->on(0).manager_up());
}

TEST_CASE("link: while there is none, whoever asks is answered, and nobody else") {
  for (const bool greeting : {false, true}) {  // no conversation at all; one without a handshake yet
    link_house house;
    if (greeting) house.connect();
    house.send(route::auth(route::address(first_client), house.session(), "<iq type='set'/>"));
    house.send(route::session_start(route::address(second_client), house.session()));
    CHECK(house.take_heard() ==
          texts{"1 failure The session manager is not connected", "2 failure The session manager is not connected"});
    for (const char* asks : {"<iq type='get' id='7'/>", "<iq id='7' type='set'><query/></iq>", "<message id='7'/>",
                             "<message type='chat' id='7'/>"}) {
      house.client_sends(first_client, asks);
      const auto heard = house.take_heard();
      REQUIRE_MESSAGE(heard.size() == 1, asks);
      CHECK(heard[0].find(" type='error' id='7'") != std::string::npos);
      CHECK(heard[0].find("<remote-server-timeout xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>") != std::string::npos);
    }
    for (const char* silent : {"<iq type='result' id='7'/>", "<iq type='error' id='7'/>", "<message type='error'/>",
                               "<presence/>", "<presence type='unavailable'/>"})
      house.client_sends(first_client, silent);
    house.send(route::failure(route::address(first_client), house.session()));
    CHECK(house.take_heard().empty());
    if (greeting) CHECK(house.peer->take().find("<route") == std::string::npos);
  }
}

TEST_CASE("link: a manager that does not read makes the clients wait; reading again relieves them") {
  link_house house(100'000);
  house.shake_hands();
  house.take_heard();
  int sent = 0;
  while (!house.exchange->on(0).manager_congested() && sent < 2000) house.client_sends(first_client, numbered(sent++));
  REQUIRE(sent < 2000);
  house.client_sends(first_client, "<message id='more'/>");  // slowed down, not refused
  CHECK(house.take_heard().empty());
  auto taken = house.peer->take();
  CHECK(house.take_heard() == texts{"relief"});
  CHECK_FALSE(house.exchange->on(0).manager_congested());
  CHECK(taken.ends_with(from_client(first_client, "<message id='more'/>")));
  std::size_t routes = 0;
  for (auto at = taken.find("<route "); at != std::string::npos; at = taken.find("<route ", at + 1)) ++routes;
  CHECK(routes == static_cast<std::size_t>(sent) + 1);
}

TEST_CASE("link: a link that is lost while it is congested leaves nobody waiting") {
  link_house house(100'000);
  house.shake_hands();
  for (int n = 0; !house.exchange->on(0).manager_congested() && n < 2000; ++n) house.client_sends(first_client, numbered(n));
  house.take_heard();
  house.hang_up();
  CHECK_FALSE(house.exchange->on(0).manager_congested());
  const auto heard = house.take_heard();
  CHECK(std::count(heard.begin(), heard.end(), "relief") == 1);
  CHECK(std::count(heard.begin(), heard.end(), "down") == 1);
}

TEST_CASE("link: lost and found again, with the secret of then") {
  link_house house;
  house.shake_hands();
  house.hang_up();
  CHECK(house.take_heard() == texts{"up", "down"});
  house.link->set_secret("changed");
  CHECK(house.shake_hands().ends_with("<handshake>" + base::sha1_hex("5ca1ab1e", "changed") + "</handshake>"));
  CHECK(house.take_heard() == texts{"up"});
  house.client_sends(first_client, "<presence/>");
  CHECK(house.peer->take() == from_client(first_client, "<presence/>"));
}

TEST_CASE("link: what ends while there is none, and what its client did not take, goes first over the next one") {
  link_house house;
  house.shake_hands();
  house.hang_up();
  house.take_heard();
  const auto ends = [&](std::uint64_t client, std::string xml = {}) {
    house.send(route::failure(route::address(client), link_house::session(), {}, std::move(xml)));
  };
  ends(first_client, "<message id='1'/>");
  ends(first_client);
  house.connect();  // a link that is not up yet changes nothing
  ends(second_client);
  house.hang_up();
  CHECK(house.take_heard().empty());
  house.shake_hands();
  house.client_sends(second_client, "<presence/>");
  const auto said = house.peer->take();
  CHECK(said == from_client(first_client, "<message id='1'/>", " type='error'") + "<route from='" + address_of(first_client) +
                    "' to='u@example.org/1f' type='error'/>" + "<route from='" + address_of(second_client) +
                    "' to='u@example.org/1f' type='error'/>" + from_client(second_client, "<presence/>"));
  house.hang_up();
  house.shake_hands();
  CHECK(house.peer->take().empty());  // once
}

TEST_CASE("link: what an old link did not write of them goes over the next one") {
  link_house house;
  house.shake_hands();
  for (int n = 0; n < 600; ++n) house.send(route::failure(route::address(first_client), link_house::session(), {}, numbered(n)));
  house.hang_up();  // it read nothing of all that
  house.shake_hands();
  const auto said = house.peer->take();
  const auto first = said.find("<message id='");
  REQUIRE(first != std::string::npos);
  int n = std::stoi(said.substr(first + 13));
  CHECK(n < 600);
  for (auto at = first; at != std::string::npos; at = said.find("<message id='", at + 1)) {
    CHECK(said.compare(at + 13, std::to_string(n).size() + 1, std::to_string(n) + "'") == 0);
    ++n;
  }
  CHECK(n == 600);
}

TEST_CASE("link: while there is none, what is kept for it is bounded; the ends of sessions are kept all the same") {
  link_house house(100'000);
  for (int n = 0; n < 300; ++n) house.send(route::failure(route::address(first_client), link_house::session(), {}, numbered(n)));
  house.send(route::failure(route::address(first_client), link_house::session()));
  house.shake_hands();
  const auto said = house.peer->take();
  CHECK(said.size() < 110'000);
  CHECK(said.find("id='0'") != std::string::npos);
  CHECK(said.ends_with("<route from='" + address_of(first_client) + "' to='u@example.org/1f' type='error'/>"));
}

TEST_CASE("link: stop writes what is left, says goodbye, and the clients are told nothing") {
  link_house house;
  house.shake_hands();
  house.take_heard();
  house.exchange->on(0).to_manager(
      route::stanza(route::address(first_client), house.session(), "<presence type='unavailable'/>"));
  house.shard.post([&] { house.link->stop(); });
  settle(house.shard);
  CHECK(house.peer->take() == from_client(first_client, "<presence type='unavailable'/>") + "</stream:stream>");
  CHECK(house.peer->ended);
  house.client_sends(first_client, "<iq type='get' id='7'/>");
  CHECK(house.take_heard().size() == 1);
  house.hang_up();
  CHECK(house.take_heard().empty());
  CHECK(house.shard.lives().inside() == 0);
}

TEST_CASE("link: with every read and write failing in turn, each request is answered, and the clients know how it stands") {
  // Answers how many reads and writes it took.
  const auto play = [](std::size_t failing) {
    link_house house;
    fail_io(failing);
    house.shake_hands();
    house.send(route::auth(route::address(first_client), house.session(), "<iq type='set'/>"));
    const auto asked = house.peer->take();
    if (asked.find("type='auth'") != std::string::npos)
      house.peer->send(to_client(address_of(first_client), "<iq type='result'/>", " type='auth'"));
    house.client_sends(second_client, "<message id='2'/>");
    const bool second_arrived = house.peer->take().find("id='2'") != std::string::npos;
    const auto calls = io_count();
    house.peer->hang_up();
    fail_io(0);
    house.hang_up();
    const auto heard = house.take_heard();
    const auto ups = std::count(heard.begin(), heard.end(), "up");
    CHECK(ups == std::count(heard.begin(), heard.end(), "down"));
    CHECK_FALSE(house.exchange->on(0).manager_up());
    const auto of_first = std::count_if(heard.begin(), heard.end(), [](const std::string& h) { return h.starts_with("1 "); });
    // The answer itself may be lost on the way in: then it is the end of the link that tells the client.
    if (of_first == 0) CHECK(ups == 1);
    CHECK(of_first <= 1);
    const auto errors = std::count_if(heard.begin(), heard.end(), [](const std::string& h) { return h.starts_with("2 "); });
    CHECK(errors == (second_arrived ? 0 : 1));
    CHECK(house.shard.lives().inside() == 0);
    return calls;
  };
  const auto calls = play(0);
  CHECK(calls >= 6);
  for (std::size_t nth = 1; nth <= calls; ++nth) {
    INFO("I/O ", nth);
    play(nth);
  }
}

}  // namespace couplet::lives

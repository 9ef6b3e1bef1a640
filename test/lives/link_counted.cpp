#include <doctest/doctest.h>

#include <functional>

#include "link_house.hpp"

// A link that breaks and is taken up again: by counting (XEP-0198), or at a manager that knows nothing of what was before.

namespace couplet::lives {

using namespace links;
using texts = std::vector<std::string>;

namespace {

constexpr auto grace = std::chrono::seconds(60);
constexpr std::string_view offer = " xmlns:sm='urn:xmpp:sm:3'";
constexpr std::string_view enable = "<enable xmlns='urn:xmpp:sm:3' resume='true'/>";
constexpr std::string_view enabled = "<enabled xmlns='urn:xmpp:sm:3' id='00000000000000ab' resume='true' max='60'/>";
constexpr std::string_view item_not_found = "<item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>";

std::string answer(int h) {
  return "<a xmlns='urn:xmpp:sm:3' h='" + std::to_string(h) + "'/>";
}
std::string resume(int h) {
  return "<resume xmlns='urn:xmpp:sm:3' previd='00000000000000ab' h='" + std::to_string(h) + "'/>";
}
std::string resumed(int h) {
  return "<resumed xmlns='urn:xmpp:sm:3' previd='00000000000000ab' h='" + std::to_string(h) + "'/>";
}

/// A manager that counts, up to its first link.
struct counting_house : link_house {
  explicit counting_house(std::size_t queue_bytes = 0) : link_house(queue_bytes, grace) {
    const auto said = shake_hands(offer);
    if (peer->take() != enable) throw std::runtime_error("it does not ask to count");
    peer->send(enabled);
    if (take_heard() != texts{"up"}) throw std::runtime_error("it is not up");
  }
  /// Cuts the link and makes the next one, up to its first word.
  std::string come_back() {
    hang_up_only();
    shake_hands(offer);
    return peer->take();
  }
  /// The time stands still, unlike with hang_up().
  void hang_up_only() {
    peer->hang_up();
    settle(shard);
  }
};

}  // namespace

TEST_CASE("counted link: it is up when the manager has agreed to count") {
  link_house house(0, grace);
  house.shake_hands(offer);
  CHECK(house.peer->take() == enable);
  CHECK(house.take_heard().empty());
  house.send(route::auth(route::address(first_client), house.session(), "<iq type='set'/>"));
  CHECK(house.take_heard() == texts{"1 failure The session manager is not connected"});
  house.peer->send(enabled);
  CHECK(house.take_heard() == texts{"up"});
}

TEST_CASE("counted link: a manager that offers nothing is not asked, and without a grace nobody is") {
  link_house plain(0, grace);
  plain.shake_hands();
  CHECK(plain.peer->take().empty());
  CHECK(plain.take_heard() == texts{"up"});
  link_house impatient;
  impatient.shake_hands(offer);
  CHECK(impatient.peer->take().empty());
  CHECK(impatient.take_heard() == texts{"up"});
}

TEST_CASE("counted link: what came is said for many at once, after a moment, or when it is asked for") {
  counting_house house;
  std::string sixteen;
  for (int n = 0; n < 16; ++n) sixteen += to_client(address_of(first_client), "<message/>");
  house.peer->send(sixteen);
  CHECK(house.peer->take() == answer(16));
  house.peer->send(to_client(address_of(second_client), "<message/>"));
  CHECK(house.peer->take().empty());
  let_deadlines_pass(house.shard);
  CHECK(house.peer->take() == answer(17));
  let_deadlines_pass(house.shard);
  CHECK(house.peer->take().empty());
  house.peer->send("<r xmlns='urn:xmpp:sm:3'/>");
  CHECK(house.peer->take() == answer(17));
  house.peer->send("<message xmlns='jabber:client'/><r xmlns='urn:xmpp:sm:3'/>");  // no route, but counted by both sides
  CHECK(house.peer->take() == answer(18));
  house.peer->send(answer(0));
  CHECK(house.peer->take().empty());
}

TEST_CASE("counted link: white space and the counting itself are not counted") {
  counting_house house;
  house.peer->send(" " + answer(0) + to_client(address_of(second_client), "<message id='2'/>") + "\n<r xmlns='urn:xmpp:sm:3'/>");
  CHECK(house.peer->take() == answer(1));
}

TEST_CASE("counted link: when it breaks, the next one goes on where it was, and the clients notice nothing") {
  counting_house house;
  for (const auto* m : {"<message id='1'/>", "<message id='2'/>", "<message id='3'/>"}) house.client_sends(first_client, m);
  CHECK_FALSE(house.peer->take().empty());
  house.peer->send(answer(1) + to_client(address_of(first_client), "<message id='x'/>"));
  house.hang_up_only();
  CHECK(house.take_heard() == texts{"1 stanza <message id='x'/>"});
  CHECK(house.exchange->on(0).manager_away());
  CHECK_FALSE(house.exchange->on(0).manager_up());
  house.client_sends(second_client, "<message id='4'/>");
  CHECK(house.come_back() == resume(1));
  house.peer->send(resumed(2));
  CHECK(house.peer->take() == from_client(first_client, "<message id='3'/>") + from_client(second_client, "<message id='4'/>"));
  CHECK(house.take_heard() == texts{"up"});
  CHECK_FALSE(house.exchange->on(0).manager_away());
  // What it has taken is kept until it is handled: a manager may be killed.
  house.hang_up_only();
  CHECK(house.come_back() == resume(1));
  house.peer->send("<failed xmlns='urn:xmpp:sm:3'>" + std::string(item_not_found) + "</failed>");
  CHECK(house.peer->take() == enable);
  house.peer->send(enabled);
  CHECK(house.take_heard() ==
        texts{"1 held <message id='2'/>", "1 held <message id='3'/>", "2 held <message id='4'/>", "anew", "up", "sessions back"});
}

TEST_CASE("counted link: it breaks in the middle of the next one's beginning, at every step") {
  for (int step = 0; step < 4; ++step) {
    CAPTURE(step);
    counting_house house;
    house.client_sends(first_client, "<message id='1'/>");
    house.peer->take();
    house.hang_up_only();
    house.connect();
    if (step > 0)
      house.peer->send("<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' id='1'");
    if (step > 1) house.peer->send(" xmlns:sm='urn:xmpp:sm:3'>");
    if (step > 2) house.peer->send("<handshake/>");
    CHECK(house.come_back() == resume(0));
    house.peer->send(resumed(0));
    CHECK(house.peer->take() == from_client(first_client, "<message id='1'/>"));
    CHECK(house.take_heard() == texts{"up"});
  }
}

TEST_CASE("counted link: a manager that was started anew gets what nobody has handled from clients with new sessions") {
  counting_house house;
  house.client_sends(first_client, "<message id='1'/>");
  house.client_sends(second_client, "<message id='2'/>");
  house.send(route::auth(route::address(second_client), house.session(), "<iq type='set'/>"));
  house.send(route::failure(route::address(first_client), house.session(), {}, "<message id='not taken'/>"));
  house.send(route::failure(route::address(first_client), house.session()));
  house.peer->take();
  house.peer->send(answer(1));
  CHECK(house.come_back() == resume(0));
  house.peer->send("<failed xmlns='urn:xmpp:sm:3'>" + std::string(item_not_found) + "</failed>");
  CHECK(house.peer->take() == enable);
  CHECK(house.take_heard().empty());
  house.peer->send("<enabled xmlns='urn:xmpp:sm:3' id='00000000000000cd' resume='true'/>");
  CHECK(house.take_heard() == texts{"2 held <message id='2'/>", "2 failure The session manager is not connected", "1 held ",
                                    "anew", "up", "sessions back"});  // and that of the first, the end
  REQUIRE(house.clients.origins.size() == 2);
  CHECK(house.clients.origins[0] == route::origin{0xab, 2, 1});
  // What is about a session of the past goes to the manager as it was, marked as well; what was not taken when everybody has his session.
  const auto said = house.peer->take();
  const auto end = said.find("<route from='" + address_of(first_client) +
                             "' to='u@example.org/1f' type='error' origin='00000000000000ab.5+'/>");
  REQUIRE(end != std::string::npos);
  CHECK(said.find("<message id='not taken'/>", end) != std::string::npos);
  CHECK(said.find("origin='00000000000000ab.4+'", end) != std::string::npos);
}

TEST_CASE("counted link: what the manager says it had handled of a link it no longer knows is done with") {
  counting_house house;
  for (const auto* m : {"<message id='1'/>", "<message id='2'/>", "<message id='3'/>"}) house.client_sends(first_client, m);
  house.peer->take();
  house.come_back();
  house.peer->send("<failed xmlns='urn:xmpp:sm:3' h='2'>" + std::string(item_not_found) + "</failed>");
  house.peer->send(enabled);
  CHECK(house.take_heard() == texts{"1 held <message id='3'/>", "anew", "up", "sessions back"});
}

TEST_CASE("counted link: what led to something that has come here was handled, whatever was said") {
  counting_house house;
  for (const auto* m : {"<message id='1'/>", "<message id='2'/>", "<message id='3'/>"}) house.client_sends(first_client, m);
  house.peer->take();
  house.peer->send(to_client(address_of(second_client), "<message id='2'/>", " origin='00000000000000ab.2'"));
  house.come_back();
  house.peer->send("<failed xmlns='urn:xmpp:sm:3'>" + std::string(item_not_found) + "</failed>");
  house.peer->send(enabled);
  CHECK(house.take_heard() == texts{"2 stanza <message id='2'/>", "1 held <message id='1'/>", "1 held <message id='3'/>", "anew",
                                    "up", "sessions back"});
}

TEST_CASE("counted link: what was sent again keeps its origin, also when that manager is lost as well") {
  counting_house house;
  house.client_sends(first_client, "<message id='1'/>");
  house.client_sends(first_client, "<message id='2'/>");
  house.peer->take();
  const auto come_back_anew = [&](std::string_view id) {
    house.come_back();
    house.peer->send("<failed xmlns='urn:xmpp:sm:3'>" + std::string(item_not_found) + "</failed>");
    house.peer->send("<enabled xmlns='urn:xmpp:sm:3' id='" + std::string(id) + "' resume='true'/>");
    house.take_heard();
    house.peer->take();
  };
  come_back_anew("00000000000000cd");
  REQUIRE(house.clients.origins.size() == 2);
  for (const auto& o : std::exchange(house.clients.origins, {})) {
    route::stanza again(route::address(first_client), house.session(), "<message id='" + std::to_string(o.number) + "'/>");
    again.trace.origin = o;
    house.send(std::move(again));
  }
  CHECK(house.peer->take().find("origin='00000000000000ab.1+'") != std::string::npos);
  house.peer->send(to_client(address_of(second_client), "<message id='1'/>", " origin='00000000000000ab.1+'"));
  CHECK(house.take_heard() == texts{"2 stanza <message id='1'/>"});
  come_back_anew("00000000000000ef");
  REQUIRE(house.clients.origins.size() == 1);  // the first has arrived
  CHECK(house.clients.origins[0] == route::origin{0xab, 2, 1});
}

TEST_CASE("counted link: what another c2s sends again is given once, where it came before") {
  counting_house house;
  const auto given = [&](std::string_view id, std::string_view origin) {
    house.peer->send(
        to_client(address_of(first_client), "<message id='" + std::string(id) + "'/>", " origin='" + std::string(origin) + "'"));
  };
  given("1", "00000000000000ff.1");
  house.peer->take();
  house.come_back();
  house.peer->send("<failed xmlns='urn:xmpp:sm:3'>" + std::string(item_not_found) + "</failed>");
  house.peer->send("<enabled xmlns='urn:xmpp:sm:3' id='00000000000000cd' resume='true'/>");
  house.peer->take();
  house.take_heard();
  given("1", "00000000000000ff.1+");
  given("2", "00000000000000ff.2+");
  given("2", "00000000000000ff.2+");  // two resources
  given("3", "00000000000000ff.3");
  CHECK(house.take_heard() == texts{"1 stanza <message id='2'/>", "1 stanza <message id='2'/>", "1 stanza <message id='3'/>"});
  house.peer->send("<r xmlns='urn:xmpp:sm:3'/>");
  CHECK(house.peer->take().ends_with(answer(4)));  // all are counted
}

TEST_CASE(
    "counted link: when the grace is over, what was held is answered, the clients hear of it, and the next link is a new one") {
  counting_house house;
  house.client_sends(first_client, "<message id='1'/>");
  house.client_sends(first_client, "<presence/>");
  house.send(route::failure(route::address(second_client), house.session()));
  house.peer->take();
  house.hang_up_only();
  house.client_sends(second_client, "<iq type='get' id='2'/>");
  CHECK(house.take_heard().empty());
  let_deadlines_pass(house.shard);
  const auto heard = house.take_heard();
  REQUIRE(heard.size() == 3);
  CHECK(heard[0].starts_with("1 stanza <message type='error' id='1'"));
  CHECK(heard[1].starts_with("2 stanza <iq type='error' id='2'"));
  CHECK(heard[2] == "down");
  house.shake_hands(offer);
  CHECK(house.peer->take() == enable);
  house.peer->send(enabled);
  CHECK(house.take_heard() == texts{"up"});
  CHECK(house.peer->take().ends_with("<route from='" + address_of(second_client) + "' to='u@example.org/1f' type='error'/>"));
}

TEST_CASE("counted link: what is sent in the moment in which it breaks waits like what comes later") {
  for (const bool before : {false, true}) {
    CAPTURE(before);
    counting_house house;
    const auto speak = [&] {
      house.exchange->on(0).to_manager(route::stanza(route::address(first_client), house.session(), "<message id='1'/>"));
    };
    if (before) speak();
    fail_io(1);  // the first write
    if (!before) speak();
    const std::function<void(int)> speak_often = [&](int more) {  // in one turn after the other
      speak();
      if (more != 0) house.shard.post([&, more] { speak_often(more - 1); });
    };
    house.shard.post([&] { speak_often(4); });
    settle(house.shard);
    fail_io(0);
    CHECK(house.take_heard().empty());
    CHECK(house.come_back() == resume(0));
    house.peer->send(resumed(0));
    std::size_t arrived = 0;
    const auto said = house.peer->take();
    for (auto at = said.find("<route "); at != std::string::npos; at = said.find("<route ", at + 1)) ++arrived;
    CHECK(arrived == 6);
  }
}

TEST_CASE("counted link: requests do not wait for a manager that is away") {
  counting_house house;
  house.hang_up_only();
  house.send(route::auth(route::address(first_client), house.session(), "<iq type='set'/>"));
  house.send(route::session_start(route::address(second_client), house.session()));
  CHECK(house.take_heard() ==
        texts{"1 failure The session manager is not connected", "2 failure The session manager is not connected"});
}

TEST_CASE("counted link: what waits for a manager that is away is bounded; the rest is answered") {
  counting_house house(100'000);
  house.hang_up_only();
  for (int n = 0; n < 200; ++n) house.client_sends(first_client, numbered(n));
  const auto heard = house.take_heard();
  CHECK(heard.size() > 90);
  CHECK(heard.size() < 200);
  CHECK(heard.front().starts_with("1 stanza <message type='error' id='"));
  CHECK(house.come_back() == resume(0));
  house.peer->send(resumed(0));
  std::size_t arrived = 0;
  const auto said = house.peer->take();
  for (auto at = said.find("<route "); at != std::string::npos; at = said.find("<route ", at + 1)) ++arrived;
  CHECK(arrived + heard.size() == 200);
}

TEST_CASE("counted link: clients wait while the manager handles too little of what it takes") {
  counting_house house(100'000);
  int sent = 0;
  for (; !house.exchange->on(0).manager_congested() && sent < 1000; ++sent) {
    house.client_sends(first_client, numbered(sent));
    house.peer->take();  // it reads, and that is all
  }
  CHECK(sent < 100);
  house.peer->send(answer(sent));
  CHECK(house.take_heard() == texts{"relief"});
}

TEST_CASE("counted link: a manager that counts wrong loses the link, not the clients") {
  for (const auto& bad : {answer(3), std::string("<enabled xmlns='urn:xmpp:sm:3' id='00000000000000ab'/>"), resumed(0),
                          std::string("<failed xmlns='urn:xmpp:sm:3'/>"), std::string("<enable xmlns='urn:xmpp:sm:3'/>"),
                          std::string("<nonsense xmlns='urn:xmpp:sm:3'/>")}) {
    CAPTURE(bad);
    counting_house house;
    house.client_sends(first_client, "<message id='1'/>");
    house.client_sends(first_client, "<message id='2'/>");
    house.peer->take();
    house.peer->send(bad);
    CHECK(house.peer->take().ends_with("</stream:stream>"));
    CHECK(house.come_back() == resume(0));
    CHECK(house.take_heard().empty());
  }
  for (const auto& bad :
       {std::string("<enabled xmlns='urn:xmpp:sm:3'/>"), std::string("<enabled xmlns='urn:xmpp:sm:3' id='x'/>"), resumed(0)}) {
    CAPTURE(bad);
    link_house house(0, grace);
    house.shake_hands(offer);
    house.peer->take();
    house.peer->send(bad);
    CHECK(house.peer->take().ends_with("</stream:stream>"));
    CHECK(house.take_heard().empty());
  }
}

TEST_CASE("counted link: whoever does not count loses only what was under way; what was not written is sent again") {
  link_house house(0, grace);
  house.shake_hands();
  house.take_heard();
  int sent = 0;
  for (; sent < 600; ++sent) house.client_sends(first_client, numbered(sent));
  house.peer->hang_up();  // it read nothing
  settle(house.shard);
  CHECK(house.take_heard().empty());
  house.shake_hands();
  const auto heard = house.take_heard();
  REQUIRE(heard.size() > 4);
  CHECK(heard[heard.size() - 4].starts_with("1 held <message id='599'>"));
  CHECK(texts(heard.end() - 3, heard.end()) == texts{"anew", "up", "sessions back"});
}

}  // namespace couplet::lives

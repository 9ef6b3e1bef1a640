#include <doctest/doctest.h>

#include <functional>

#include "component_house.hpp"
#include "io_faults.hpp"

// A c2s that counts what it is sent (XEP-0198): its connection breaks, and another takes the link up.

namespace couplet::lives {

using base::close_reason;
using texts = std::vector<std::string>;

namespace {

constexpr std::string_view enable = "<enable xmlns='urn:xmpp:sm:3' resume='true'/>";

std::string answer(int h) {
  return "<a xmlns='urn:xmpp:sm:3' h='" + std::to_string(h) + "'/>";
}

std::string resume(const std::string& id, int h) {
  return "<resume xmlns='urn:xmpp:sm:3' previd='" + id + "' h='" + std::to_string(h) + "'/>";
}

std::string resumed(const std::string& id, int h) {
  return "<resumed xmlns='urn:xmpp:sm:3' previd='" + id + "' h='" + std::to_string(h) + "'/>";
}

std::string message(std::string_view id) {
  return "<message id='" + std::string(id) + "'/>";
}

std::string from_client(std::string_view id) {
  return "<route from='n@c2s.example.org' to='u@example.org/1f'>" + message(id) + "</route>";
}

std::string to_client(std::string_view id) {
  return "<route from='u@example.org/1f' to='n@c2s.example.org'>" + message(id) + "</route>";
}

/// A c2s whose link is counted.
struct counted {
  explicit counted(component_house& house) : c(house.connect_as()) {
    c->send(enable);
    const auto said = c->take();
    const auto at = said.find(" id='");
    if (!said.starts_with("<enabled xmlns='urn:xmpp:sm:3' id='") || !said.ends_with(" resume='true' max='60'/>")) {
      throw std::runtime_error("it does not count: " + said);
    }
    id = said.substr(at + 5, 16);
  }
  std::unique_ptr<peer_end> c;
  std::string id;
};

}  // namespace

TEST_CASE("counted c2s: it is offered to those that are c2s") {
  component_house house;
  auto c = house.connect();
  c->send(component_header("to='c2s.example.org'"));
  CHECK(c->take().find(" xmlns:sm='urn:xmpp:sm:3'>") != std::string::npos);
  component_house with_components(component_options());
  auto other = with_components.connect();
  other->send(component_header("to='bot.example.org'"));
  CHECK(other->take().find("urn:xmpp:sm:3") == std::string::npos);
}

TEST_CASE("counted c2s: a route is handled when all that it led to is") {
  component_house house;
  counted one(house);
  one.c->send(from_client("1") + from_client("2"));
  CHECK(one.c->take().empty());  // the manager has not looked at them
  REQUIRE(house.manager.routes.size() == 2);
  auto first = std::move(house.manager.routes[0]);
  house.take_routes();  // the second led to nothing
  settle(house.shard);
  CHECK(one.c->take().empty());
  // The first led to a stanza for a client of the same c2s.
  route::stanza delivered(route::address(std::string("v@example.org/2f")), route::address(std::string("n@c2s.example.org")),
                          message("1"));
  delivered.trace = *route::trace_of(first);
  first = route::message();
  house.exchange->on(0).to_client(std::move(delivered));
  settle(house.shard);
  const auto said = one.c->take();
  CHECK(said == "<route from='v@example.org/2f' to='n@c2s.example.org' origin='" + one.id + ".1'>" + message("1") + "</route>");
  one.c->send("<r xmlns='urn:xmpp:sm:3'/>");
  CHECK(one.c->take() == answer(0));
  one.c->send(answer(1) + "<r xmlns='urn:xmpp:sm:3'/>");
  CHECK(one.c->take() == answer(2));
  for (int n = 0; n < 16; ++n) one.c->send(from_client("more"));
  house.take_routes();
  settle(house.shard);
  CHECK(one.c->take() == answer(18));  // unasked, for many at once
}

TEST_CASE("counted c2s: when its connection breaks, its sessions live on, and the next connection goes on") {
  component_house house;
  counted one(house);
  for (const auto* id : {"1", "2", "3"}) house.send_route("n", message(id));
  CHECK(one.c->take() == to_client("1") + to_client("2") + to_client("3"));
  one.c->send(from_client("a") + from_client("b"));
  one.c->hang_up();
  CHECK(house.take_routes() == texts{"stanza " + message("a"), "stanza " + message("b")});
  house.send_route("n", message("4"));
  auto c = house.connect_as();
  CHECK(c->take().empty());
  CHECK(house.take_routes().empty());
  c->send(resume(one.id, 1));
  CHECK(c->take() == resumed(one.id, 2) + to_client("2") + to_client("3") + to_client("4") + answer(2));
  c->send(from_client("c") + answer(4));
  CHECK(house.take_routes() == texts{"stanza " + message("c")});
  c->send("<r xmlns='urn:xmpp:sm:3'/>");
  CHECK(c->take() == answer(3));
  c->hang_up();
  c = house.connect_as();
  c->send(resume(one.id, 4));
  CHECK(c->take() == resumed(one.id, 3));
}

TEST_CASE("counted c2s: a connection that is dead but open is taken over") {
  component_house house;
  counted one(house);
  house.send_route("n", message("1"));
  auto c = house.connect_as();
  c->send(resume(one.id, 0));
  CHECK(c->take() == resumed(one.id, 0) + to_client("1"));
  CHECK(house.take_routes().empty());
  one.c->take();
  CHECK(one.c->ended);
  house.send_route("n", message("2"));
  CHECK(c->take() == to_client("2"));
}

TEST_CASE("counted c2s: a connection of before, whose words come late, takes nothing from the one that has the link") {
  component_house house;
  counted one(house);
  for (const auto* id : {"1", "2", "3"}) house.send_route("n", message(id));
  one.c->hang_up();
  auto late = house.connect_as();
  auto c = house.connect_as();
  c->send(resume(one.id, 3));
  CHECK(c->take() == resumed(one.id, 0));
  late->send(resume(one.id, 1));
  CHECK(late->take().starts_with("<failed "));
  late->hang_up();
  CHECK(house.take_routes().empty());
  house.send_route("n", message("4"));
  CHECK(c->take() == to_client("4"));
}

TEST_CASE("counted c2s: what is sent in the moment in which the connection breaks waits like what comes later") {
  component_house house;
  counted one(house);
  const auto speak = [&] { house.put_route("n", message("1")); };
  fail_io(1);                                                   // the first write
  const std::function<void(int)> speak_often = [&](int more) {  // in one turn after the other
    speak();
    if (more != 0) house.shard.post([&, more] { speak_often(more - 1); });
  };
  speak_often(5);
  settle(house.shard);
  fail_io(0);
  one.c->hang_up();
  CHECK(house.take_routes().empty());
  auto c = house.connect_as();
  c->send(resume(one.id, 0));
  std::string expected = resumed(one.id, 0);
  for (int turn = 0; turn < 6; ++turn) expected += to_client("1");
  CHECK(c->take() == expected);
}

TEST_CASE("counted c2s: one that was started anew ends what was before, and nothing overtakes that") {
  component_house house;
  counted one(house);
  house.send_route("n", message("1"));
  one.c->hang_up();
  auto c = house.connect_as();
  CHECK(house.take_routes().empty());
  c->send(from_client("new"));
  CHECK(house.take_routes() == texts{"failure " + message("1"), "gone c2s.example.org", "stanza " + message("new")});
  c->send(enable);
  CHECK(c->take().starts_with("<enabled "));
}

TEST_CASE("counted c2s: a link that is not known can't be taken up, and what was handled of it is said where that is known") {
  component_house house;
  counted one(house);
  one.c->send(from_client("1") + from_client("2"));
  one.c->hang_up();
  house.take_routes();
  let_deadlines_pass(house.shard);
  CHECK(house.take_routes() == texts{"gone c2s.example.org"});
  constexpr std::string_view not_found = "><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>";
  auto c = house.connect_as();
  c->send(resume("00000000000000ff", 0));
  CHECK(c->take() == "<failed xmlns='urn:xmpp:sm:3'" + std::string(not_found));
  c->send(resume(one.id, 0));
  CHECK(c->take() == "<failed xmlns='urn:xmpp:sm:3' h='2'" + std::string(not_found));
  c->send(enable);
  CHECK(c->take().starts_with("<enabled "));
}

TEST_CASE("counted c2s: nobody takes up the link of another name") {
  component_house house;
  counted one(house);
  one.c->hang_up();
  auto c = house.connect_as("other.example.org", "another secret");
  c->send(resume(one.id, 0));
  CHECK(c->take().starts_with("<failed "));
  CHECK(house.take_routes().empty());
}

TEST_CASE("counted c2s: what it does not come back for goes back, then its sessions end") {
  component_house house;
  counted one(house);
  house.send_route("n", message("1"));
  one.c->hang_up();
  house.send_route("n", message("2"));
  CHECK(house.take_routes().empty());
  let_deadlines_pass(house.shard);
  CHECK(house.take_routes() == texts{"failure " + message("1"), "failure " + message("2"), "gone c2s.example.org"});
}

TEST_CASE("counted c2s: no more waits for one that is away than may") {
  component_house house(10'000);
  counted one(house);
  one.c->hang_up();
  const std::string body(1000, 'x');
  for (int n = 0; n < 20; ++n) house.send_route("n", "<message><body>" + body + "</body></message>");
  const auto routes = house.take_routes();
  REQUIRE(routes.size() >= 10);
  CHECK(std::count(routes.begin(), routes.end(), "gone c2s.example.org") == 1);
  CHECK(house.exchange->on(0).manager_may_go_on());
}

TEST_CASE("counted c2s: one that says goodbye, or is shown out, does not come back") {
  for (const auto* last : {"</stream:stream>", "<not-xml", "<presence xmlns='urn:x'/><x/>"}) {
    CAPTURE(last);
    component_house house;
    counted one(house);
    one.c->send(last);
    if (std::string_view(last) == "<not-xml") one.c->send("<<");
    one.c->take();
    one.c->hang_up();
    CHECK(house.take_routes() == texts{"gone c2s.example.org"});
  }
}

TEST_CASE("counted c2s: one that counts wrong is shown out") {
  for (const auto& bad :
       {answer(1), std::string(enable), resume("00000000000000ff", 0),
        std::string("<enabled xmlns='urn:xmpp:sm:3' id='00000000000000ff'/>"), std::string("<x xmlns='urn:xmpp:sm:3'/>")}) {
    CAPTURE(bad);
    component_house house;
    counted one(house);
    one.c->send(bad);
    CHECK(one.c->take().ends_with("</stream:stream>"));
    one.c->hang_up();
    CHECK(house.take_routes() == texts{"gone c2s.example.org"});
  }
}

TEST_CASE("counted c2s: when we stop, what waits for one that is away goes back") {
  component_house house;
  counted one(house);
  house.send_route("n", message("1"));
  one.c->hang_up();
  house.router->end_all(close_reason::shutdown);
  settle(house.shard);
  CHECK(house.take_routes() == texts{"failure " + message("1"), "gone c2s.example.org"});
}

}  // namespace couplet::lives

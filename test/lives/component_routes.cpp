#include <doctest/doctest.h>

#include <algorithm>

#include "component_house.hpp"
#include "io_faults.hpp"

// What passes between an authenticated c2s and the manager, and what becomes of it when the c2s is replaced, slow or gone.

namespace couplet::lives {

using base::close_reason;
using texts = std::vector<std::string>;

namespace {

std::string route_from(std::string_view from, std::string_view inside) {
  return "<route from='" + std::string(from) + "' to='u@example.org/1f'>" + std::string(inside) + "</route>";
}

std::string numbered(int n, std::size_t size = 1000) {
  return "<message id='" + std::to_string(n) + "'><body>" + std::string(size, 'x') + "</body></message>";
}

std::string as_route(std::string_view node, std::string_view xml) {
  return "<route from='u@example.org/1f' to='" + std::string(node) + "@c2s.example.org'>" + std::string(xml) + "</route>";
}

}  // namespace

TEST_CASE("SECURITY 25: a c2s speaks for clients of its own domain only") {
  for (const char* from : {"n@other.example.org", "other.example.org", "n@example.org", "u@example.org/1f",
                           "n@c2s.example.org.evil.org", "n@evil.org/x@c2s.example.org", "c2s.example.org@evil.org"}) {
    INFO(from);
    component_house house;
    auto other = house.connect_as("other.example.org", "another secret");
    auto c = house.connect_as();
    c->send(route_from("n@c2s.example.org", "<message id='good'/>") + route_from(from, "<message id='bad'/>") +
            route_from("n@c2s.example.org", "<message id='late'/>"));
    CHECK(c->take() ==
          "<stream:error><invalid-from xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>");
    CHECK(c->ended);
    CHECK(house.take_routes() == texts{"stanza <message id='good'/>", "gone c2s.example.org"});
    c->hang_up();
    CHECK(house.ends_of(close_reason::invalid_from) == 1);
    other->send(route_from("n@other.example.org", "<message id='unharmed'/>"));
    CHECK(house.take_routes() == texts{"stanza <message id='unharmed'/>"});
  }
}

TEST_CASE("SECURITY 25: a route that does not say whom it is from speaks for nobody, and costs the other clients nothing") {
  component_house house;
  const caught_log log;
  auto c = house.connect_as();
  c->send(route_from("", "<message id='bad'/>") + "<route type='error' to='u@example.org/1f'/>" +
          route_from("n@c2s.example.org", "<message id='good'/>"));
  CHECK(house.take_routes() == texts{"stanza <message id='good'/>"});
  CHECK(c->take().empty());
  CHECK(log.has("without from"));
}

TEST_CASE("component: every kind of route from a c2s is held to its domain") {
  for (const char* type : {"type='auth'", "type='session'", "type='error'"}) {
    component_house house;
    auto c = house.connect_as();
    const std::string inside = std::string(type) == "type='auth'" ? "<iq type='set'/>" : "";
    c->send("<route from='n@c2s.example.org' to='u@example.org/r' " + std::string(type) + ">" + inside + "</route>");
    CHECK(house.take_routes().size() == 1);
    c->send("<route from='n@other.example.org' to='u@example.org/r' " + std::string(type) + ">" + inside + "</route>");
    CHECK(house.take_routes() == texts{"gone c2s.example.org"});
  }
}

TEST_CASE("SECURITY 24: what is no route never reaches the manager; what a server would answer is answered with an error") {
  component_house house;
  auto c = house.connect_as();
  const auto answered = [&](const std::string& stray) {
    c->send(stray);
    const auto answer = c->take();
    CHECK_MESSAGE(house.manager.routes.empty(), stray);
    CHECK_MESSAGE(!c->ended, stray);
    return answer;
  };
  for (const char* xml : {"<iq type='get' id='1' from='c2s.example.org' to='example.org'><query xmlns='jabber:iq:version'/></iq>",
                          "<iq type='set' id='1'/>", "<message id='1' to='u@example.org'><body>b</body></message>",
                          "<message xmlns='jabber:client' id='1'/>", "<message xmlns='jabber:server' id='1'/>"}) {
    const auto answer = answered(xml);
    CHECK_MESSAGE(answer.find("type='error'") != std::string::npos, xml);
    CHECK_MESSAGE(answer.find("id='1'") != std::string::npos, xml);
    CHECK_MESSAGE(answer.find("<not-allowed xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>") != std::string::npos, xml);
  }
  for (const char* xml : {"<presence/>", "<presence type='subscribe' to='u@example.org'/>", "<iq type='result' id='1'/>",
                          "<iq type='error' id='1'/>", "<iq/>", "<message type='error'/>"})
    CHECK_MESSAGE(answered(xml).empty(), xml);
  for (const char* xml : {"<handshake>0123</handshake>", "<unknown/>",
                          "<p:route xmlns:p='urn:p' from='n@c2s.example.org' "
                          "to='u@example.org/1f'><message/></p:route>",
                          "<stream:route from='n@c2s.example.org' to='u@example.org/1f'/>"}) {
    component_house another;
    auto d = another.connect_as();
    d->send(xml);
    CHECK_MESSAGE(d->take().find("<unsupported-stanza-type") != std::string::npos, xml);
    CHECK(another.take_routes() == texts{"gone c2s.example.org"});
  }
}

TEST_CASE("component: a route that cannot be read is logged, without what was in it, and answered where it can be") {
  component_house house;
  const caught_log log;
  auto c = house.connect_as();
  for (const char* bad :
       {"<route from='n@c2s.example.org'><message id='hush'/></route>",
        "<route from='n@c2s.example.org' to='u@example.org/1f' type='hush'/>",
        "<route from='n@c2s.example.org' to='u@example.org/1f' type='auth'/>", "<route to='u@example.org/1f' type='session'/>",
        "<route from='n@c2s.example.org' to='u@example.org/1f'><message/><hush/></route>",
        "<route from='n@c2s.example.org' to='u@example.org/1f'>hush</route>"})
    c->send(bad);
  CHECK(house.take_routes().empty());
  const auto answers = c->take();
  const std::string answer =
      "<route from='u@example.org/1f' to='n@c2s.example.org' type='error' error='The route cannot be read: ";
  std::size_t answered = 0;
  for (auto at = answers.find(answer); at != std::string::npos; at = answers.find(answer, at + 1)) ++answered;
  CHECK(answered == 4);
  CHECK(answers.find("hush") == std::string::npos);
  std::size_t lines = 0;
  for (auto at = log.text().find("cannot be read"); at != std::string::npos; at = log.text().find("cannot be read", at + 1))
    ++lines;
  CHECK(lines == 6);
  CHECK(log.has("name=\"c2s.example.org\""));
  CHECK_FALSE(log.has("hush"));
  c->send(route_from("n@c2s.example.org", "<message/>"));
  CHECK(house.take_routes() == texts{"stanza <message/>"});
}

TEST_CASE("component: a prefix that only the stream's header declares goes with the stanza") {
  component_house house;
  auto c = house.connect();
  c->send(component_header("to='c2s.example.org' xmlns:x='urn:example:x' xmlns:y='urn:example:y'"));
  c->send(handshake_for(c->take(), c2s_secret));
  c->send(route_from("n@c2s.example.org", "<message><x:note/></message>"));
  const auto routes = house.take_routes();
  REQUIRE(routes.size() == 1);
  CHECK(routes[0].find("xmlns:x='urn:example:x'") != std::string::npos);
  CHECK(routes[0].find("<x:note/>") != std::string::npos);
  c->send(route_from("n@c2s.example.org", "<message><note/></message>"));
  CHECK(house.take_routes() == texts{"stanza <message><note/></message>"});
}

TEST_CASE("component: a route to a c2s that is not connected comes back") {
  component_house house;
  house.send_route("n", "<message id='1'/>");
  CHECK(house.take_routes() == texts{"failure <message id='1'/>"});
  auto stranger = house.connect();
  stranger->send(component_header("to='c2s.example.org'"));  // named, not proved
  house.send_route("n", "<message id='2'/>");
  CHECK(house.take_routes() == texts{"failure <message id='2'/>"});
  auto other = house.connect_as("other.example.org", "another secret");
  house.send_route("n", "<message id='3'/>");
  CHECK(house.take_routes() == texts{"failure <message id='3'/>"});
  CHECK(other->take().empty());
  auto c = house.connect_as();
  house.send_route("n", "<message id='4'/>");
  CHECK(c->take() == as_route("n", "<message id='4'/>"));
  c->hang_up();
  house.take_routes();
  house.send_route("n", "<message id='5'/>");
  CHECK(house.take_routes() == texts{"failure <message id='5'/>"});
}

TEST_CASE("component: a route finds its c2s by the domain of its address, whatever stands beside it") {
  component_house house;
  auto c = house.connect_as();
  const route::address session(std::string("u@example.org/1f"));
  for (const char* to : {"n@c2s.example.org", "n@c2s.example.org/r", "c2s.example.org", "c2s.example.org/r@other.example.org"}) {
    house.exchange->on(0).to_client(route::stanza(session, route::address(std::string(to)), "<message/>"));
    settle(house.shard);
    CHECK_MESSAGE(!c->take().empty(), to);
  }
  CHECK(house.take_routes().empty());
}

TEST_CASE("component: a second connection of one name replaces the first; its sessions end before anything of the new one") {
  component_house house;
  auto first = house.connect_as();
  first->send(route_from("n@c2s.example.org", "<message id='old'/>"));
  auto second = house.connect();
  second->send(component_header("to='c2s.example.org'"));
  // Handshake and first route in one delivery: what the new one says follows at once.
  second->send(handshake_for(second->take(), c2s_secret) + route_from("m@c2s.example.org", "<message id='new'/>"));
  CHECK(house.take_routes() == texts{"stanza <message id='old'/>", "gone c2s.example.org", "stanza <message id='new'/>"});
  CHECK(first->take().find("<conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>") != std::string::npos);
  CHECK(first->ended);
  first->send(route_from("n@c2s.example.org", "<message id='too late'/>"));
  first->hang_up();
  CHECK(house.ends_of(close_reason::replaced) == 1);
  CHECK(house.take_routes().empty());
  second->take();
  house.send_route("m", "<message/>");
  CHECK(second->take() == as_route("m", "<message/>"));
  second->hang_up();
  CHECK(house.take_routes() == texts{"gone c2s.example.org"});
  house.check_clean();
}

TEST_CASE("component: what a replaced connection had not taken comes back") {
  component_house house;
  auto first = house.connect_as();
  int sent = 0;
  for (; sent < 600; ++sent) house.send_route("n", numbered(sent));
  auto second = house.connect_as();
  CHECK(house.take_routes() == texts{"gone c2s.example.org"});
  let_deadlines_pass(house.shard);  // it never reads, so it is cut off
  const auto taken = first->take();
  int next = 0;
  while (taken.find(as_route("n", numbered(next))) != std::string::npos) ++next;
  const auto back = house.take_routes();
  REQUIRE(next < sent);
  REQUIRE(back.size() == static_cast<std::size_t>(sent - next));
  for (const auto& r : back) CHECK(r == "failure " + numbered(next++));
  CHECK(house.ends_of(close_reason::replaced) == 1);
  house.send_route("m", "<message/>");
  CHECK(second->take() == as_route("m", "<message/>"));
}

TEST_CASE("SECURITY 40: a c2s that does not read is ended; what it did not take comes back before it is declared gone") {
  component_house house(100'000);
  auto c = house.connect_as();
  auto other = house.connect_as("other.example.org", "another secret");
  int sent = 0;
  while (house.exchange->on(0).manager_may_go_on() && sent < 2000) house.send_route("n", numbered(sent++));
  REQUIRE(sent < 2000);
  CHECK(house.take_routes().empty());
  // Everybody waits for it, but not for long.
  CHECK(house.exchange->on(0).manager_congested());
  let_deadlines_pass(house.shard);
  CHECK(house.exchange->on(0).manager_may_go_on());
  auto came = house.take_routes();
  CHECK(house.ends_of(close_reason::slow_consumer) == 1);
  const auto taken = c->take();
  int next = 0;
  while (taken.find(as_route("n", numbered(next))) != std::string::npos) ++next;
  REQUIRE(came.size() == static_cast<std::size_t>(sent - next) + 1);
  CHECK(came.back() == "gone c2s.example.org");
  came.pop_back();
  for (const auto& r : came) CHECK(r == "failure " + numbered(next++));
  other->send(route_from("n@other.example.org", "<message/>"));
  CHECK(house.take_routes() == texts{"stanza <message/>"});
}

TEST_CASE("component: a c2s waits while the manager is congested, and nothing is lost") {
  component_house house;
  auto c = house.connect_as();
  house.exchange->add_congested_manager();
  c->send(route_from("n@c2s.example.org", "<message id='1'/>"));  // that it is congested is seen after a read
  c->send(route_from("n@c2s.example.org", "<message id='2'/>"));
  c->send(route_from("n@c2s.example.org", "<message id='3'/>"));
  CHECK(house.take_routes() == texts{"stanza <message id='1'/>"});
  house.send_route("n", "<presence/>");  // the other direction is open
  CHECK(c->take() == as_route("n", "<presence/>"));
  house.exchange->remove_congested_manager();
  settle(house.shard);
  CHECK(house.take_routes() == texts{"stanza <message id='2'/>", "stanza <message id='3'/>"});
}

TEST_CASE("component: a c2s that takes too little may not send meanwhile, and nothing of that is lost") {
  component_house house(100'000);
  auto c = house.connect_as();
  int sent = 0;
  int heard = 0;
  // Each of its routes is followed by one that it does not read, until one of its own is not taken up any more.
  for (int n = 0; n == heard && n < 2000; ++n) {
    c->send(route_from("n@c2s.example.org", "<message/>"));
    heard += static_cast<int>(house.take_routes().size());
    if (n < heard) house.send_route("n", numbered(sent++));
  }
  REQUIRE(heard > 0);
  REQUIRE(heard < 2000);
  CHECK(house.ends_of(close_reason::slow_consumer) == 0);
  const auto taken = c->take();
  CHECK(house.take_routes() == texts{"stanza <message/>"});
  for (int n = 0; n < sent; ++n) CHECK(taken.find(as_route("n", numbered(n))) != std::string::npos);
}

TEST_CASE("component: a c2s that waits for the manager can be ended") {
  component_house house;
  auto c = house.connect_as();
  house.exchange->add_congested_manager();
  c->send(route_from("n@c2s.example.org", "<message id='1'/>"));
  house.router->end_all(close_reason::shutdown);
  settle(house.shard);
  CHECK(c->take().find("<system-shutdown") != std::string::npos);
  c->hang_up();
  CHECK(house.take_routes() == texts{"stanza <message id='1'/>", "gone c2s.example.org"});
  house.check_clean();
}

TEST_CASE("component: what one turn makes for a c2s may be more than its limit, if it reads") {
  component_house house(100'000);
  auto c = house.connect_as();
  for (int n = 0; n < 10; ++n) house.put_route("n", "<message><body>" + std::string(400'000, 'x') + "</body></message>");
  std::size_t taken = 0;
  for (int n = 0; n < 500 && taken < 4'000'000; ++n) {
    settle(house.shard);
    taken += c->take().size();
  }
  CHECK(taken > 4'000'000);
  CHECK(house.exchange->on(0).manager_may_go_on());
  let_deadlines_pass(house.shard);
  CHECK(house.ends_of(close_reason::slow_consumer) == 0);
  c->send(route_from("n@c2s.example.org", "<message/>"));
  CHECK(house.take_routes().size() == 1);
}

TEST_CASE("component: a connection whose write fails is declared gone, and its successor speaks") {
  component_house house;
  auto first = house.connect_as();
  auto second = house.connect();
  second->send(component_header("to='c2s.example.org'"));
  const auto handshake = handshake_for(second->take(), c2s_secret);
  second->put(handshake + route_from("m@c2s.example.org", "<message id='new'/>"));
  house.put_route("n", "<message/>");
  fail_io(1);
  settle(house.shard);
  fail_io(0);
  const auto routes = house.take_routes();
  CHECK(house.ends_of(close_reason::connection_lost) == 1);
  CHECK(std::count(routes.begin(), routes.end(), "gone c2s.example.org") == 1);
  const auto gone = std::find(routes.begin(), routes.end(), "gone c2s.example.org");
  CHECK(std::find(gone, routes.end(), "stanza <message id='new'/>") != routes.end());
}

}  // namespace couplet::lives

#include <doctest/doctest.h>

#include <algorithm>

#include "component_house.hpp"
#include "io_faults.hpp"

// The component listener's connections from accept to their end (XEP-0114 section 3): who gets in, and what they are told.

namespace couplet::lives {

using base::close_reason;
using texts = std::vector<std::string>;

namespace {

const std::string own_header = component_header("to='c2s.example.org'");
const std::string plain_route = "<route from='n@c2s.example.org' to='u@example.org/1f'><message id='1'/></route>";

std::string condition(std::string_view name) {
  return "<" + std::string(name) + " xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>";
}

}  // namespace

TEST_CASE("component: the right handshake is answered, and routes pass") {
  component_house house;
  auto c = house.connect();
  c->send(own_header);
  const auto answer = c->take();
  CHECK(
      answer.starts_with("<stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:component:accept'"
                         " from='c2s.example.org' id='"));
  c->send(handshake_for(answer, c2s_secret));
  CHECK(c->take() == "<handshake/>");
  c->send(plain_route);
  REQUIRE(house.manager.routes.size() == 1);
  const auto m = std::get<route::stanza>(house.manager.routes.front());
  CHECK(m.from.text == "n@c2s.example.org");
  CHECK(m.to.text == "u@example.org/1f");
  CHECK(m.xml == "<message id='1'/>");
  house.send_route("n", "<presence/>");
  CHECK(c->take() == "<route from='u@example.org/1f' to='n@c2s.example.org'><presence/></route>");
}

TEST_CASE("component: byte by byte it is the same conversation") {
  component_house house;
  auto c = house.connect();
  for (const char b : own_header) c->send({&b, 1});
  for (const char b : handshake_for(c->take(), c2s_secret)) c->send({&b, 1});
  CHECK(c->take() == "<handshake/>");
  for (const char b : plain_route + plain_route) c->send({&b, 1});
  CHECK(house.take_routes() == texts{"stanza <message id='1'/>", "stanza <message id='1'/>"});
}

TEST_CASE("component: a header that fits nothing is refused with a stream error in a stream") {
  const struct {
    std::string header;
    const char* error;
    close_reason reason;
  } rows[] = {
      {component_header("to='unknown.example.org'"), "host-unknown", close_reason::host_unknown},
      {component_header("to='n@c2s.example.org'"), "host-unknown", close_reason::host_unknown},
      {component_header("to='c2s.example.org/r'"), "host-unknown", close_reason::host_unknown},
      {component_header(""), "improper-addressing", close_reason::improper_addressing},
      {component_header("to=''"), "improper-addressing", close_reason::improper_addressing},
      {component_header("to='a@b@c'"), "improper-addressing", close_reason::improper_addressing},
      {"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='c2s.example.org'>",
       "invalid-namespace", close_reason::invalid_namespace},
      {"<stream:stream xmlns='jabber:component:accept' xmlns:stream='urn:other' to='c2s.example.org'>", "invalid-namespace",
       close_reason::invalid_namespace},
      {"<message xmlns='jabber:component:accept'/>", nullptr, close_reason::none},
      {"GET / HTTP/1.1\r\n\r\n", nullptr, close_reason::none},
      {"<!DOCTYPE a>", "restricted-xml", close_reason::restricted_xml},
  };
  for (const auto& row : rows) {
    INFO(row.header);
    component_house house;
    auto c = house.connect();
    c->send(row.header);
    const auto answer = c->take();
    CHECK(answer.starts_with("<stream:stream "));
    CHECK(answer.ends_with("</stream:error></stream:stream>"));
    CHECK(c->ended);
    if (row.error != nullptr) CHECK(answer.find(condition(row.error)) != std::string::npos);
    c->send(own_header + plain_route);  // nobody listens any more
    c->hang_up();
    if (row.error != nullptr) CHECK(house.ends_of(row.reason) == 1);
    CHECK(house.manager.routes.empty());
    house.check_clean();
  }
}

TEST_CASE("SECURITY 52: one try for each connection, and nothing is taken from who has not proved anything") {
  const auto wrong = [](std::string_view answer) { return handshake_for(answer, "a guess"); };
  const auto other = [](std::string_view answer) { return handshake_for(answer, "another secret"); };
  const auto spaced = [](std::string_view answer) {
    auto right = handshake_for(answer, c2s_secret);
    return right.insert(right.find('>') + 1, " ");
  };
  const auto foreign = [](std::string_view answer) {
    auto right = handshake_for(answer, c2s_secret);
    return right.insert(right.find('>'), " xmlns='urn:other'");
  };
  const auto nothing = [](std::string_view) { return std::string("<handshake/>"); };
  const auto first_a_stanza = [](std::string_view answer) { return plain_route + handshake_for(answer, c2s_secret); };
  const auto first_an_iq = [](std::string_view) { return std::string("<iq type='get' id='1'><query xmlns='urn:x'/></iq>"); };
  std::string (*const tries[])(std::string_view) = {wrong, other, spaced, foreign, nothing, first_a_stanza, first_an_iq};
  for (const auto t : tries) {
    component_house house;
    auto c = house.connect();
    c->send(own_header);
    const auto header = c->take();
    const auto attempt = t(header);
    INFO(attempt);
    // The right one comes behind it, in the same delivery and once more on its own.
    c->send(attempt + handshake_for(header, c2s_secret) + plain_route);
    CHECK(c->take() == "<stream:error>" + condition("not-authorized") + "</stream:error></stream:stream>");
    CHECK(c->ended);
    c->send(handshake_for(header, c2s_secret) + plain_route);
    c->hang_up();
    CHECK(house.manager.routes.empty());
    CHECK(house.ends_of(close_reason::not_authorized) == 1);
    house.check_clean();
  }
}

TEST_CASE("component: a secret never reaches the log, neither ours nor a guess") {
  component_house house;
  const caught_log log(base::log::level::debug);
  auto c = house.connect_as();
  auto guesser = house.connect();
  guesser->send(own_header);
  const auto guess = handshake_for(guesser->take(), "a guess");
  guesser->send(guess);
  guesser->hang_up();
  CHECK(log.has("c2s connected"));
  CHECK(log.has("component gone"));
  CHECK(log.has("not_authorized"));
  CHECK_FALSE(log.has(c2s_secret));
  CHECK_FALSE(log.has("a guess"));
  CHECK_FALSE(log.has(guess.substr(11, 40)));
}

TEST_CASE("component: new secrets count from the next handshake on") {
  component_house house;
  auto c = house.connect_as();
  house.router->set_secrets({{std::string(c2s_name), "changed"}});
  c->send(plain_route);
  CHECK(house.take_routes() == texts{"stanza <message id='1'/>"});
  CHECK_THROWS(house.connect_as());
  house.take_routes();
  CHECK_NOTHROW(house.connect_as(c2s_name, "changed"));
}

TEST_CASE("SECURITY 11: who does not prove a secret in time is shown out; who did has all the time") {
  for (const auto& said : {std::string(), std::string("<stream:str"), own_header, own_header + "<handsh"}) {
    INFO(said);
    component_house house;
    auto c = house.connect();
    if (!said.empty()) c->send(said);
    let_deadlines_pass(house.shard);
    CHECK(c->take().find(condition("connection-timeout")) != std::string::npos);
    c->hang_up();
    CHECK(house.ends_of(close_reason::login_timeout) == 1);
    house.check_clean();
  }
  component_house house;
  auto c = house.connect_as();
  let_deadlines_pass(house.shard);
  c->send(plain_route);
  CHECK(house.take_routes().size() == 1);

  component_house patient(0, std::chrono::seconds(0));
  auto idle = patient.connect();
  let_deadlines_pass(patient.shard);
  idle->send(own_header);
  CHECK(idle->take().find(" id='") != std::string::npos);
}

TEST_CASE("component: those that have proved nothing are few; who waited longest makes way, and c2s stay") {
  component_house house;
  auto c = house.connect_as();
  std::vector<std::unique_ptr<peer_end>> crowd;
  while (house.ends_of(close_reason::too_many_connections) == 0 && crowd.size() < 1000) crowd.push_back(house.connect());
  REQUIRE(house.ends_of(close_reason::too_many_connections) == 1);
  CHECK(crowd.front()->take().find(condition("resource-constraint")) != std::string::npos);
  CHECK(crowd.front()->ended);
  // The newcomer is served, and so is whoever else is still there: a crowd that only waits keeps nobody out.
  crowd.back()->send(own_header);
  CHECK(crowd.back()->take().find(" id='") != std::string::npos);
  const auto other = house.connect_as("other.example.org", "another secret");
  c->send(plain_route);
  CHECK(house.take_routes() == texts{"stanza <message id='1'/>"});
}

TEST_CASE("component: a crowd from one address that comes faster than a handshake goes makes way itself") {
  component_house house;
  net::peer far;
  far.address = "198.51.100.1";
  auto slow = house.connect_from(far);
  std::vector<std::unique_ptr<peer_end>> crowd;
  for (std::uint16_t n = 0; n < 200; ++n) {
    net::peer attacker;
    attacker.address = "203.0.113.9";
    attacker.port = n;
    crowd.push_back(house.connect_from(attacker));
  }
  CHECK(house.ends_of(close_reason::too_many_connections) == 200 - 63);
  CHECK_NOTHROW(prove(*slow, c2s_name, c2s_secret));
  slow->send(plain_route);
  CHECK(house.take_routes() == texts{"stanza <message id='1'/>"});
}

TEST_CASE("component: who was refused and does not leave makes way as well") {
  component_house house;
  std::vector<std::unique_ptr<peer_end>> crowd;
  for (int n = 0; n < 200; ++n) {
    crowd.push_back(house.connect());
    crowd.back()->put("GET / HTTP/1.1\r\n\r\n");
    settle(house.shard);
  }
  CHECK(house.shard.lives().inside() <= 64);
  // Each of them has been told what was wrong; making way is not another end.
  CHECK(house.ends_of(close_reason::too_many_connections) == 0);
  for (auto& one : crowd) CHECK(one->take().find(condition("not-well-formed")) != std::string::npos);
  crowd.clear();
  house.check_clean();
}

TEST_CASE("component: what is too big or too deep for one who has proved nothing is cut off") {
  const struct {
    std::string bytes;
    close_reason reason;
  } rows[] = {
      {component_header("to='" + std::string(10'000, 'a')), close_reason::element_too_big},
      {own_header + "<handshake>" + std::string(10'000, 'a'), close_reason::element_too_big},
      {own_header + "<a><a><a><a><a><a><a><a><a><a>", close_reason::element_too_complex},
  };
  for (const auto& row : rows) {
    component_house house;
    auto c = house.connect();
    c->send(row.bytes);
    CHECK(c->take().find(condition("policy-violation")) != std::string::npos);
    c->hang_up();
    CHECK(house.ends_of(row.reason) == 1);
    house.check_clean();
  }
}

TEST_CASE("SECURITY 30: an endless route of an authenticated c2s is cut off at the limit") {
  component_house house;
  auto c = house.connect_as();
  const std::string block(64 * 1024, 'x');
  c->send("<route from='n@c2s.example.org' to='u@example.org/1f'><message><body>");
  std::size_t sent = 0;
  while (house.take_routes().empty() && sent < 32 * 1024 * 1024) {
    c->send(block);
    sent += block.size();
  }
  CHECK(sent >= 16 * 1024 * 1024);
  CHECK(sent <= 16 * 1024 * 1024 + block.size());
  CHECK(c->take().find(condition("policy-violation")) != std::string::npos);
  c->hang_up();
  CHECK(house.ends_of(close_reason::element_too_big) == 1);
}

TEST_CASE("component: the ends that a c2s chooses") {
  const struct {
    const char* said;
    const char* answer;
    close_reason reason;
  } rows[] = {
      {"</stream:stream>", "</stream:stream>", close_reason::closed_by_peer},
      {"<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>", "</stream:stream>",
       close_reason::stream_error_by_peer},
      {"", "", close_reason::connection_lost},
  };
  for (const auto& row : rows) {
    component_house house;
    auto c = house.connect_as();
    c->send(row.said);
    CHECK(c->take() == row.answer);
    c->hang_up();
    CHECK(house.ends_of(row.reason) == 1);
    CHECK(house.take_routes() == texts{"gone c2s.example.org"});
    house.check_clean();
  }
}

TEST_CASE("component: the steps of a shutdown") {
  component_house house;
  auto c = house.connect_as();
  auto stranger = house.connect();
  house.router->stop_reading();
  c->send(plain_route);  // the read that was under way is not taken up either
  c->send(plain_route);
  CHECK(house.manager.routes.empty());
  CHECK(house.connect()->take().find(condition("system-shutdown")) != std::string::npos);  // it comes too late
  CHECK(house.ends_of(close_reason::shutdown) == 1);
  house.router->end_all(close_reason::shutdown);
  settle(house.shard);
  CHECK(c->take() == "<stream:error>" + condition("system-shutdown") + "</stream:error></stream:stream>");
  CHECK(stranger->take().find(condition("system-shutdown")) != std::string::npos);
  CHECK(house.take_routes() == texts{"gone c2s.example.org"});
  CHECK(house.shard.lives().inside() == 2);  // they have a moment to close
  house.router->abort_all(close_reason::internal_error);
  settle(house.shard);
  CHECK(house.ends_of(close_reason::shutdown) == 3);  // the first reason stays
  house.check_clean();
}

TEST_CASE("component: with every read and write failing in turn, the c2s is declared gone once, and nothing is left") {
  // Answers how many reads and writes it took.
  const auto play = [](std::size_t failing) {
    component_house house;
    const caught_log log(base::log::level::info);
    fail_io(failing);
    {
      auto c = house.connect();
      c->send(own_header);
      const auto answer = c->take();
      if (answer.find(" id='") != std::string::npos) c->send(handshake_for(answer, c2s_secret));
      c->take();
      c->send(plain_route);
      house.send_route("n", "<presence/>");
      c->send("<iq type='get' id='stray'/>");
      c->take();
      c->send("</stream:stream>");
      c->take();
    }
    const auto calls = io_count();
    fail_io(0);
    auto routes = house.take_routes();
    const auto gone = std::count(routes.begin(), routes.end(), "gone c2s.example.org");
    CHECK(gone == (log.has("c2s connected") ? 1 : 0));
    const auto last = std::find(routes.begin(), routes.end(), "gone c2s.example.org");
    if (gone != 0) {  // behind it comes only what was for a c2s that is not there any more
      CHECK(std::all_of(last + 1, routes.end(), [](const std::string& r) { return r == "failure <presence/>"; }));
    }
    house.check_clean();
    return calls;
  };
  const auto calls = play(0);
  CHECK(calls >= 10);
  for (std::size_t nth = 1; nth <= calls; ++nth) {
    INFO("I/O ", nth);
    play(nth);
  }
}

}  // namespace couplet::lives

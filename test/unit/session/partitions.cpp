#include "world.hpp"

using namespace couplet;
using namespace couplet::session::testing;

namespace {

/// Two names that live in different partitions.
std::pair<std::string, std::string> two_apart(std::uint32_t partitions) {
  const std::string first = "user0@example.org";
  for (int i = 1;; ++i) {
    auto other = "user" + std::to_string(i) + "@example.org";
    if (session::partition_of(other, partitions) != session::partition_of(first, partitions)) return {first, other};
  }
}

}  // namespace

TEST_CASE("partitions: a conversation between two of them: messages, requests, errors, presence") {
  world w(example(), 3);
  const auto [romeo, juliet] = two_apart(3);
  w.online("romeo", romeo + "/orchard");
  w.online("juliet", juliet + "/balcony");
  const auto from_romeo = " from='" + romeo + "/orchard' ";
  const auto message = "<message" + from_romeo + "to='" + juliet + "'><body>hi</body></message>";
  CHECK(w.says("romeo", message) == lines{"juliet <- " + message});
  const auto request = "<iq" + from_romeo + "to='" + juliet + "/balcony' type='get' id='1'/>";
  CHECK(w.says("romeo", request) == lines{"juliet <- " + request});
  CHECK(w.gone("juliet", request) == lines{"romeo <- <iq type='error' id='1' from='" + juliet + "/balcony' to='" + romeo +
                                           "/orchard'>" + error("cancel", "503", "service-unavailable") + "</iq>"});
  CHECK(contains(w.says("romeo", message).at(0), "romeo <- <message type='error'"));

  w.online("juliet", juliet + "/balcony");
  const auto here = "<presence" + from_romeo + "to='" + juliet + "/balcony'/>";
  CHECK(w.says("romeo", here) == lines{"juliet <- " + here});
  CHECK(w.gone("romeo") ==
        lines{"juliet <- <presence to='" + juliet + "/balcony' from='" + romeo + "/orchard' type='unavailable'/>"});
}

TEST_CASE("partitions: which one a route is for") {
  const auto account = "romeo@example.org";
  const auto home = session::partition_of(account, 4);
  const auto other = route::client_id{static_cast<std::uint8_t>((home + 1) % 4), 5, 6}.packed();
  const auto c2s = route::address(9);
  using session::partition_for;
  CHECK(partition_for(route::auth(c2s, route::address("Romeo@Example.org/r"), "<iq/>"), 4) == home);
  CHECK(partition_for(route::session_start(c2s, route::address("romeo@example.org/0000000000000001")), 4) == home);
  CHECK(partition_for(route::stanza(c2s, route::address(other), "<iq/>"), 4) == (home + 1) % 4);
  CHECK(partition_for(route::stanza(c2s, route::address("romeo@example.org/" + route::hex16(other)), "<iq/>"), 4) ==
        (home + 1) % 4);
  CHECK(partition_for(route::failure(c2s, route::address("romeo@example.org/" + route::hex16(other))), 4) == (home + 1) % 4);
  CHECK(partition_for(route::stanza(c2s, route::address("romeo@example.org/orchard"), "<iq/>"), 4) == home);
  CHECK(partition_for(route::stanza(c2s, route::address("a b@c"), "<iq/>"), 4) == 0);
  CHECK(partition_for(route::stanza(c2s, route::address(std::uint64_t{255} << 56U), "<iq/>"), 4) < 4);
  CHECK(partition_for(route::stanza(c2s, route::address(), "<iq/>"), 4) == 0);
}

TEST_CASE("partitions: an account is known to its own only") {
  const auto [romeo, juliet] = two_apart(2);
  const auto of_romeo = session::partition_of(romeo, 2);
  session::manager m(example(true), of_romeo, 2);
  CHECK(m.put_account(base::jid::parse(romeo).value(), "x").ok());
  CHECK_FALSE(m.put_account(base::jid::parse(juliet).value(), "x").ok());
  session::effects out;
  const std::string iq =
      "<iq id='1' type='set'><query xmlns='jabber:iq:register'><username>u</username><password>p</password></query></iq>";
  m.on_route(route::auth(route::address(1), route::address(juliet), iq), out);
  m.on_route(route::session_start(route::address(1), route::address(juliet + "/r")), out);
  REQUIRE(out.to_c2s.size() == 2);
  CHECK(std::holds_alternative<route::failure>(out.to_c2s[0]));
  CHECK(std::holds_alternative<route::failure>(out.to_c2s[1]));
  CHECK(m.account_count() == 1);
}

TEST_CASE("partitions: what comes from outside is checked as well") {
  world w;
  w.online("juliet", "juliet@example.org/balcony");
  CHECK(w.deliver("<message from='bot.example.com' to='juliet@example.org/balcony'/>").size() == 1);
  CHECK(w.deliver("<message from='bot.example.com' to='nobody@example.org'/>").empty());  // its error would leave the house
  CHECK(w.deliver("<message to='nobody@example.org'/>").empty());
  CHECK(w.deliver("<message/>").empty());
  CHECK(w.deliver("<route to='juliet@example.org/balcony'/>").empty());
}

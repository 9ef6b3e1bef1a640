#include "world.hpp"

using namespace couplet;
using namespace couplet::session::testing;

namespace {

std::string get(std::string_view to, std::string_view payload, std::string_view type = "get") {
  std::string iq = "<iq type='";
  iq.append(type).append("' id='q1'");
  if (!to.empty()) iq.append(" to='").append(to).append(1, '\'');
  return iq.append(1, '>').append(payload).append("</iq>");
}

std::string result(std::string_view from, std::string_view content) {
  std::string iq = "alice <- <iq type='result' id='q1'";
  if (!from.empty()) iq.append(" from='").append(from).append(1, '\'');
  return iq.append(" to='alice@example.org/home'>").append(content).append("</iq>");
}

const std::string ping = "<ping xmlns='urn:xmpp:ping'/>";
const std::string info = "<query xmlns='http://jabber.org/protocol/disco#info'/>";
const std::string items = "<query xmlns='http://jabber.org/protocol/disco#items'/>";
const std::string version = "<query xmlns='jabber:iq:version'/>";

}  // namespace

TEST_CASE("services: XEP-0199: the server and the own account answer a ping") {
  world w;
  w.online("alice", "alice@example.org/home");
  w.account("bob@example.org");
  for (const auto* to : {"example.org", "example.net", "alice@example.org", ""}) {
    CAPTURE(to);
    CHECK(w.says("alice", get(to, ping)) == lines{result(to, "")});
  }
  CHECK(contains(w.says("alice", get("bob@example.org", ping)).at(0), "service-unavailable"));
  CHECK(contains(w.says("alice", get("example.org", ping, "set")).at(0), "service-unavailable"));
  CHECK(contains(w.says("alice", get("example.org/x", ping)).at(0), "service-unavailable"));
}

TEST_CASE("services: XEP-0030: what the server is and can do; registration where there is one") {
  for (const bool registration : {false, true}) {
    world w(example(registration));
    w.online("alice", "alice@example.org/home");
    const std::string expected =
        "<query xmlns='http://jabber.org/protocol/disco#info'><identity category='server' type='im' name='Couplet'/>"
        "<feature var='http://jabber.org/protocol/disco#info'/><feature var='http://jabber.org/protocol/disco#items'/>"
        "<feature var='urn:xmpp:ping'/><feature var='jabber:iq:version'/><feature var='urn:xmpp:sic:1'/>";
    CHECK(w.says("alice", get("example.org", info)) ==
          lines{result("example.org", expected + (registration ? "<feature var='jabber:iq:register'/></query>" : "</query>"))});
  }
}

TEST_CASE("services: XEP-0030: what an account is") {
  world w;
  w.online("alice", "alice@example.org/home");
  w.account("bob@example.org");
  const std::string expected =
      "<query xmlns='http://jabber.org/protocol/disco#info'><identity category='account' type='registered'/>"
      "<feature var='http://jabber.org/protocol/disco#info'/><feature var='http://jabber.org/protocol/disco#items'/>"
      "<feature var='urn:xmpp:ping'/></query>";
  CHECK(w.says("alice", get("alice@example.org", info)) == lines{result("alice@example.org", expected)});
  CHECK(w.says("alice", get("", info)) == lines{result("", expected)});
  CHECK(contains(w.says("alice", get("bob@example.org", info)).at(0), "service-unavailable"));
}

TEST_CASE("services: XEP-0030: no items, no nodes") {
  world w;
  w.online("alice", "alice@example.org/home");
  const std::string empty = "<query xmlns='http://jabber.org/protocol/disco#items'></query>";
  CHECK(w.says("alice", get("example.org", items)) == lines{result("example.org", empty)});
  CHECK(w.says("alice", get("alice@example.org", items)) == lines{result("alice@example.org", empty)});
  for (const auto* name : {"info", "items"}) {
    const auto query = std::string("<query node='n' xmlns='http://jabber.org/protocol/disco#") + name + "'/>";
    CHECK(contains(w.says("alice", get("example.org", query)).at(0), "item-not-found"));
  }
}

TEST_CASE("services: XEP-0092: name and version, not the operating system") {
  world w;
  w.online("alice", "alice@example.org/home");
  const auto log = w.says("alice", get("example.org", version));
  REQUIRE(log.size() == 1);
  CHECK(
      log[0].starts_with("alice <- <iq type='result' id='q1' from='example.org' to='alice@example.org/home'>"
                         "<query xmlns='jabber:iq:version'><name>Couplet</name><version>"));
  CHECK_FALSE(contains(log[0], "<os"));
}

TEST_CASE("services: every request to the server or the own account is answered, exactly once") {
  world w;
  w.online("alice", "alice@example.org/home");
  for (const auto* to : {"example.org", "alice@example.org", "", "example.org/x"}) {
    for (const auto* payload : {"<query xmlns='jabber:iq:roster'/>", "<x xmlns='urn:x'/>", "<query xmlns='jabber:iq:auth'/>",
                                "text", "", "<ping/>", "<query/>", "<query xmlns=''/>"}) {
      for (const auto* type : {"get", "set"}) {
        CAPTURE(to);
        CAPTURE(payload);
        const auto log = w.says("alice", get(to, payload, type));
        REQUIRE(log.size() == 1);
        CHECK(log[0].starts_with("alice <- <iq type='error' id='q1'"));
      }
    }
  }
  CHECK(contains(w.says("alice", get("example.org", "")).at(0), "bad-request"));
  CHECK(contains(w.says("alice", get("", "")).at(0), "bad-request"));
}

#include "caps_hash.hpp"
#include "session/capabilities.hpp"
#include "world.hpp"
#include "xml/names.hpp"

using namespace couplet;
using namespace couplet::session;
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

/// Personal eventing (XEP-0163 section 6).
std::string pep() {
  std::string text = "<identity category='pubsub' type='pep'/><feature var='http://jabber.org/protocol/pubsub'/>";
  for (const auto* const name : {"access-open",      "access-presence", "access-whitelist", "auto-create",
                                 "auto-subscribe",   "config-node",     "config-node-max",  "create-and-configure",
                                 "create-nodes",     "delete-items",    "delete-nodes",     "filtered-notifications",
                                 "instant-nodes",    "item-ids",        "last-published",   "persistent-items",
                                 "publish",          "publish-options", "purge-nodes",      "retract-items",
                                 "retrieve-default", "retrieve-items"}) {
    text += std::string("<feature var='http://jabber.org/protocol/pubsub#") + name + "'/>";
  }
  return text;
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
        "<query xmlns='http://jabber.org/protocol/disco#info'><identity category='server' type='im' name='Couplet'/>" + pep() +
        "<feature var='http://jabber.org/protocol/disco#info'/><feature var='http://jabber.org/protocol/disco#items'/>"
        "<feature var='urn:xmpp:ping'/><feature var='jabber:iq:version'/><feature var='urn:xmpp:sic:1'/>"
        "<feature var='http://jabber.org/protocol/caps'/><feature var='urn:xmpp:carbons:2'/><feature var='jabber:iq:last'/>"
        "<feature var='urn:xmpp:time'/>"
        "<feature var='jabber:iq:private'/><feature var='vcard-temp'/>"
        "<feature var='urn:xmpp:blocking'/>";
    CHECK(w.says("alice", get("example.org", info)) ==
          lines{result("example.org", expected + (registration ? "<feature var='jabber:iq:register'/></query>" : "</query>"))});
  }
}

TEST_CASE("services: XEP-0115 section 6: what the server says of itself has a version, which it answers for") {
  auto s = example();
  s.contacts = {"mailto:admin@example.org"};
  world w(s);
  w.online("alice", "alice@example.org/home");
  xml::fragment f;
  const auto element = capabilities_element(s);
  const auto c = f.parse(element, xml::ns::client);
  REQUIRE(c.is("c", xml::ns::caps));
  CHECK(c.attribute("hash") == "sha-1");
  const std::string ver(c.attribute("ver").value_or("")), node(c.attribute("node").value_or(""));
  const auto query = [&](const std::string& name) {
    return "<query xmlns='http://jabber.org/protocol/disco#info' node='" + name + "'/>";
  };
  const auto answer = w.says("alice", get("example.org", query(node + '#' + ver))).at(0);
  CHECK(contains(answer, "<query xmlns='http://jabber.org/protocol/disco#info' node='" + node + '#' + ver + "'><identity "));
  // The hash is that of what is answered, with and without the node.
  for (const auto& line : {answer, w.says("alice", get("example.org", info)).at(0)}) {
    xml::fragment g;
    CHECK(fits_hash(g.parse(line.substr(line.find("<iq")), xml::ns::client).first_child(), "sha-1", ver));
  }
  CHECK(contains(w.says("alice", get("example.org", query(node))).at(0), "item-not-found"));
  CHECK(contains(w.says("alice", get("example.org", query(node + "#x"))).at(0), "item-not-found"));
  CHECK(contains(w.says("alice", get("", query(node + '#' + ver))).at(0), "item-not-found"));
  // Another server can do something else.
  CHECK(capabilities_element(example()) != element);
}

TEST_CASE("services: XEP-0030: what an account is") {
  world w;
  w.online("alice", "alice@example.org/home");
  w.account("bob@example.org");
  const std::string expected =
      "<query xmlns='http://jabber.org/protocol/disco#info'><identity category='account' type='registered'/>" + pep() +
      "<feature var='http://jabber.org/protocol/disco#info'/><feature var='http://jabber.org/protocol/disco#items'/>"
      "<feature var='urn:xmpp:ping'/><feature var='urn:xmpp:carbons:2'/><feature var='urn:xmpp:sid:0'/>"
      "<feature var='jabber:iq:last'/><feature var='vcard-temp'/><feature var='urn:xmpp:pep-vcard-conversion:0'/>"
      "<feature var='urn:xmpp:bookmarks:1#compat'/></query>";
  CHECK(w.says("alice", get("alice@example.org", info)) == lines{result("alice@example.org", expected)});
  CHECK(w.says("alice", get("", info)) == lines{result("", expected)});
  CHECK(contains(w.says("alice", get("bob@example.org", info)).at(0), "service-unavailable"));
}

TEST_CASE("services: XEP-0030: no items, no nodes") {
  world w;
  w.online("alice", "alice@example.org/home");
  const std::string empty = "<query xmlns='http://jabber.org/protocol/disco#items'/>";
  CHECK(w.says("alice", get("example.org", items)) == lines{result("example.org", empty)});
  CHECK(w.says("alice", get("alice@example.org", items)) == lines{result("alice@example.org", empty)});
  for (const auto* name : {"info", "items"}) {
    const auto query = std::string("<query node='n' xmlns='http://jabber.org/protocol/disco#") + name + "'/>";
    CHECK(contains(w.says("alice", get("example.org", query)).at(0), "item-not-found"));
  }
}

TEST_CASE("services: XEP-0030: each domain lists its own services and the components below it") {
  auto s = example();
  s.domains.emplace_back("sub.example.org");
  s.services = {"rooms.example.org", "rooms.example.net", "rooms.sub.example.org", "rooms.elsewhere"};
  std::vector<std::string> attached;
  s.attached = [&attached] { return attached; };
  world w(s, 2);
  w.online("alice", "alice@example.org/home");
  const auto of = [&w](std::string_view domain) {
    const auto log = w.says("alice", get(domain, items));
    REQUIRE(log.size() == 1);
    std::string names;
    for (auto at = log[0].find("<item jid='"); at != std::string::npos; at = log[0].find("<item jid='", at + 1))
      names += log[0].substr(at + 11, log[0].find('\'', at + 11) - at - 11) + " ";
    return names;
  };
  CHECK(of("example.org") == "rooms.example.org rooms.elsewhere ");  // the default domain has what lies below none
  CHECK(of("example.net") == "rooms.example.net ");
  CHECK(of("sub.example.org") == "rooms.sub.example.org ");
  attached = {"bot.example.net", "bot.sub.example.org", "elsewhere.org", "irc.example.org", "notexample.org", "x.y.example.org"};
  CHECK(of("example.org") == "rooms.example.org rooms.elsewhere irc.example.org x.y.example.org ");
  CHECK(of("example.net") == "rooms.example.net bot.example.net ");
  CHECK(of("sub.example.org") == "rooms.sub.example.org bot.sub.example.org ");
  attached.clear();
  CHECK(of("example.net") == "rooms.example.net ");
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
    for (const auto* payload :
         {"<x xmlns='urn:x'/>", "<query xmlns='jabber:iq:auth'/>", "text", "", "<ping/>", "<query/>", "<query xmlns=''/>"}) {
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

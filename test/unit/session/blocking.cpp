// XEP-0191: whom an account does not want to hear of.

#include "block_table.hpp"
#include "roster_world.hpp"

using namespace couplet;
using namespace couplet::session;
using namespace couplet::session::testing;
using storage::entry_kind;

namespace {

constexpr auto alice = "alice@example.org";

bool blocks(const std::string& entry, const std::string& who) {
  block_table t;
  t.add(alice, entry);
  stanza_address a;
  REQUIRE(a.read(who));
  CHECK(t.blocks(alice, a) == is_meant(entry, a));
  CHECK_FALSE(t.blocks("carol@example.org", a));
  return t.blocks(alice, a);
}

std::string blocking(std::string_view name, const std::vector<std::string>& jids) {
  std::string xml = "<" + std::string(name) + " xmlns='urn:xmpp:blocking'>";
  for (const auto& j : jids) xml += "<item jid='" + j + "'/>";
  return xml + "</" + std::string(name) + ">";
}

/// Alice and Bob see each other; Carol is a stranger.
struct quarrel : roster_world {
  quarrel() : roster_world(example(true), 3) {
    comes("alice", "alice@example.org/home");
    comes("bob", "bob@example.org/work");
    sends("alice", "subscribe", "bob@example.org");
    sends("bob", "subscribed", "alice@example.org");
    sends("bob", "subscribe", "alice@example.org");
    sends("alice", "subscribed", "bob@example.org");
  }
  lines sets(const std::string& name, const std::string& payload) {
    return says(name, "<iq type='set' id='b'>" + payload + "</iq>");
  }
  lines blocks(const std::string& jid) { return sets("alice", blocking("block", {jid})); }
  std::string list() {
    const auto log = says("alice", "<iq type='get' id='l'><blocklist xmlns='urn:xmpp:blocking'/></iq>");
    REQUIRE(log.size() == 1);
    return log[0].substr(log[0].find("/home'>") + 7);
  }
};

const std::string done = "alice <- <iq type='result' id='b' to='alice@example.org/home'/>";

}  // namespace

TEST_CASE("blocking: what an entry means") {
  CHECK(blocks("bob@example.org/work", "bob@example.org/work"));
  CHECK_FALSE(blocks("bob@example.org/work", "bob@example.org/home"));
  CHECK_FALSE(blocks("bob@example.org/work", "bob@example.org"));
  CHECK(blocks("bob@example.org", "bob@example.org/work"));
  CHECK(blocks("bob@example.org", "bob@example.org"));
  CHECK_FALSE(blocks("bob@example.org", "bob@example.net"));
  CHECK(blocks("example.org/work", "example.org/work"));
  CHECK_FALSE(blocks("example.org/work", "example.org"));
  CHECK(blocks("example.org", "bob@example.org/work"));
  CHECK(blocks("example.org", "example.org/x"));
  CHECK_FALSE(blocks("example.org", "bob@sub.example.org"));
}

TEST_CASE("blocking: the list is stored, and those who have asked for it hear of changes") {
  quarrel w;
  CHECK(w.list() == "<blocklist xmlns='urn:xmpp:blocking'></blocklist></iq>");
  w.starts("phone", "alice@example.org/phone");
  const auto log = w.sets("alice", blocking("block", {"Romeo@Example.net", "x.org/&amp;"}));
  REQUIRE(log.size() == 2);
  CHECK(log[0] == done);
  CHECK(contains(log[1], "alice <- <iq type='set' id='blocking-"));
  CHECK(contains(log[1], "to='alice@example.org/home'>" + blocking("block", {"romeo@example.net", "x.org/&amp;"}) + "</iq>"));
  CHECK(w.list() == blocking("blocklist", {"romeo@example.net", "x.org/&amp;"}) + "</iq>");
  CHECK(w.storage.entry(alice, entry_kind::blocked, "romeo@example.net").empty());
  CHECK(w.sets("alice", blocking("unblock", {"romeo@example.net"})).size() == 2);
  CHECK(w.list() == blocking("blocklist", {"x.org/&amp;"}) + "</iq>");
  CHECK(contains(w.sets("alice", "<unblock xmlns='urn:xmpp:blocking'/>").at(1), blocking("unblock", {})));
  CHECK(w.list() == blocking("blocklist", {}) + "</iq>");
  CHECK(w.storage.entry(alice, entry_kind::blocked, "x.org/&") == "(none)");
}

TEST_CASE("blocking: what cannot be done changes nothing") {
  quarrel w;
  CHECK(contains(w.sets("alice", blocking("block", {})).at(0), "bad-request"));
  CHECK(contains(w.sets("alice", blocking("block", {"@"})).at(0), "jid-malformed"));
  CHECK(contains(w.sets("alice", blocking("blocklist", {})).at(0), "bad-request"));
  w.storage.broken = storage_outcome::full;
  CHECK(contains(w.blocks("bob@example.org").at(0), "resource-constraint"));
  w.storage.broken = storage_outcome::done;
  CHECK(w.list() == blocking("blocklist", {}) + "</iq>");
  CHECK(w.says("bob", "<message to='alice@example.org/home'/>").size() == 1);
}

TEST_CASE("blocking: the blocked one sees nobody, and nothing of him arrives") {
  quarrel w;
  const auto log = w.blocks("bob@example.org");
  REQUIRE(log.size() == 2);
  CHECK(log[0] == done);
  CHECK(contains(log[1], "bob <- <presence to='bob@example.org' from='alice@example.org/home' type='unavailable'/>"));
  for (const char* const to : {"alice@example.org", "alice@example.org/home"}) {
    CAPTURE(to);
    const std::string at = " to='" + std::string(to) + "'";
    for (const auto& stanza : {"<message" + at + " type='chat'><body>x</body></message>",
                               "<iq" + at + " type='get' id='i'><vCard xmlns='vcard-temp'/></iq>"}) {
      const auto answer = w.says("bob", stanza);
      REQUIRE(answer.size() == 1);
      CHECK(answer[0].starts_with("bob <- <"));
      CHECK(contains(answer[0], "service-unavailable"));
    }
    for (const auto& stanza :
         {"<presence" + at + "/>", "<presence type='probe'" + at + "/>", "<iq type='result' id='i'" + at + "/>",
          "<presence type='unsubscribe'" + at + "/>", "<message type='error'" + at + "/>"}) {
      CAPTURE(stanza);
      for (const auto& line : w.says("bob", stanza)) CHECK_FALSE(line.starts_with("alice"));
    }
  }
  for (const auto& line : w.says("bob", "<presence><show>away</show></presence>")) CHECK(line.starts_with("bob"));
  for (const auto& line : w.says("alice", "<presence><show>away</show></presence>")) CHECK(line.starts_with("alice"));
  w.gone("bob");
  for (const auto& line : w.comes("bob", "bob@example.org/work")) CHECK_FALSE(contains(line, "alice@example.org/home"));
}

TEST_CASE("blocking: what is sent to the blocked one comes back, with the reason") {
  quarrel w;
  w.blocks("bob@example.org");
  const auto log = w.says("alice", "<message id='m' type='chat' to='bob@example.org'><body>x</body></message>");
  CHECK(log == lines{"alice <- <message type='error' id='m' from='bob@example.org' to='alice@example.org/home'>"
                     "<error type='cancel' code='406'><not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
                     "<blocked xmlns='urn:xmpp:blocking:errors'/></error></message>"});
  CHECK(contains(w.says("alice", "<presence to='bob@example.org/work'/>").at(0), "blocked xmlns"));
  CHECK(w.says("alice", "<iq type='result' id='i' to='bob@example.org/work'/>").empty());
}

TEST_CASE("blocking: who is blocked no more sees the user again") {
  quarrel w;
  w.blocks("bob@example.org");
  const auto log = w.sets("alice", "<unblock xmlns='urn:xmpp:blocking'/>");
  REQUIRE(log.size() == 2);
  CHECK(log[0] == done);
  CHECK(log[1].starts_with("bob <- <presence to='bob@example.org' from='alice@example.org/home'"));
  CHECK(w.says("bob", "<message to='alice@example.org/home'/>").at(0).starts_with("alice <- <message"));
  CHECK(w.says("alice", "<message to='bob@example.org/work'/>").at(0).starts_with("bob <- <message"));
}

TEST_CASE("blocking: the own sessions and the server are never blocked; strangers see no presence") {
  quarrel w;
  w.online("carol", "carol@example.org/x");
  CHECK(w.blocks("example.org").size() == 2);  // the answer, and Bob, who sees her go
  CHECK(contains(w.says("alice", "<iq type='get' id='p' to='example.org'><ping xmlns='urn:xmpp:ping'/></iq>").at(0),
                 "type='result'"));
  w.starts("phone", "alice@example.org/phone");
  CHECK(w.says("phone", "<message to='alice@example.org/home'/>").at(0).starts_with("alice <- <message"));
  CHECK(contains(w.says("carol", "<message to='alice@example.org/home'/>").at(0), "service-unavailable"));
}

TEST_CASE("blocking: the list goes with the account") {
  quarrel w;
  w.blocks("bob@example.org");
  w.says("alice", "<iq type='set' id='r'><query xmlns='jabber:iq:register'><remove/></query></iq>");
  w.comes("alice", "alice@example.org/home");
  CHECK(w.list() == blocking("blocklist", {}) + "</iq>");
}

TEST_CASE("blocking: a list of before the start counts from the start") {
  quarrel w;
  w.of(alice).add_blocked(alice, "bob@example.org");
  CHECK(contains(w.says("bob", "<message to='alice@example.org/home'/>").at(0), "service-unavailable"));
}

// Who hears of what somebody publishes (XEP-0163 section 4.3).

#include "pep_world.hpp"

using namespace couplet;
using namespace couplet::session;
using namespace couplet::session::testing;

namespace {

std::string event(const std::string& name, const std::string& to, const std::string& inside) {
  return name + " <- <message to='" + to +
         "' type='headline' from='alice@example.org'><event xmlns='http://jabber.org/protocol/pubsub#event'>" + inside +
         "</event></message>";
}

std::string items(const std::string& id, const std::string& text) {
  return "<items node='n'><item id='" + id + "'>" + pep_world::payload(text) + "</item></items>";
}

}  // namespace

TEST_CASE("events: the own sessions and contacts that want to hear of a node do, in any partition") {
  for (const std::uint32_t partitions : {1U, 5U}) {
    pep_world w(partitions);
    w.comes_with("alice", "alice@example.org/home", {"n"});
    w.comes_with("other", "alice@example.org/other", {"m"});
    w.comes_with("bob", "bob@example.org/work", {"m", "n"});
    w.comes_with("phone", "bob@example.org/phone", {});
    w.comes_with("carol", "carol@example.org/x", {"n"});
    auto log = messages_in(w.asks("alice", "", pep_world::item("n", "1", "x"), "set"));
    std::sort(log.begin(), log.end());
    CHECK(log == lines{event("alice", "alice@example.org/home", items("1", "x")),
                       event("bob", "bob@example.org/work", items("1", "x"))});
    // Retraction, emptying, deletion.
    log = messages_in(w.asks("alice", "", pep_world::pubsub("<retract node='n' notify='1'><item id='1'/></retract>"), "set"));
    CHECK(log.size() == 2);
    CHECK(contains(log[0], "<items node='n'><retract id='1'/></items>"));
    log = messages_in(w.asks("alice", "", pep_world::pubsub("<purge node='n'/>", "#owner"), "set"));
    CHECK(log.size() == 2);
    CHECK(contains(log[0], "<purge node='n'/>"));
    log = messages_in(w.asks("alice", "", pep_world::pubsub("<delete node='n'/>", "#owner"), "set"));
    CHECK(log.size() == 2);
    CHECK(contains(log[0], "<delete node='n'/>"));
  }
}

TEST_CASE("events: what only the owner may read, contacts do not hear of; nor do the blocked of anything") {
  for (const std::uint32_t partitions : {1U, 5U}) {
    pep_world w(partitions);
    w.comes_with("alice", "alice@example.org/home", {"n", "s"});
    w.comes_with("bob", "bob@example.org/work", {"n", "s"});
    CHECK(messages_in(w.asks("alice", "", pep_world::item("s", "1", "x", private_node), "set")).size() == 1);
    w.asks("alice", "", "<block xmlns='urn:xmpp:blocking'><item jid='bob@example.org'/></block>", "set");
    CHECK(messages_in(w.asks("alice", "", pep_world::item("n", "1", "x"), "set")).size() == 1);
    w.says("bob", "<presence type='unavailable'/>");
    CHECK(messages_in(w.says("bob", pep_world::caps_presence(pep_world::ver({"n", "s"})))).empty());
  }
}

TEST_CASE("events: who comes, or wants more than before, is given the newest item, once, with its time") {
  for (const std::uint32_t partitions : {1U, 5U}) {
    pep_world w(partitions);
    w.comes("alice", "alice@example.org/home");
    w.publishes("alice", "n", "1", "x");
    w.publishes("alice", "quiet", "1", "x", pep_world::options(pep_world::field("send_last_published_item", "never")));
    w.publishes("alice", "s", "1", "x", private_node);
    const auto late = [](std::string line) {
      return line.insert(line.find("</message>"),
                         "<delay xmlns='urn:xmpp:delay' from='alice@example.org' stamp='2001-09-09T01:46:40.000Z'/>");
    };
    const auto expected = late(event("bob", "bob@example.org/work", items("1", "x")));
    CHECK(messages_in(w.comes_with("bob", "bob@example.org/work", {"n", "quiet", "s"})) == lines{expected});
    // The same presence again brings nothing, a return does, and so does a further node.
    CHECK(messages_in(w.says("bob", pep_world::caps_presence(pep_world::ver({"n", "quiet", "s"})))).empty());
    w.says("bob", "<presence type='unavailable'/>");
    CHECK(messages_in(w.says("bob", pep_world::caps_presence(pep_world::ver({"n", "quiet", "s"})))) == lines{expected});
    CHECK(messages_in(w.comes_with("phone", "bob@example.org/phone", {"o"})).empty());
    // Who has no subscription gets nothing, whatever his own roster says.
    w.contact("carol@example.org", "alice@example.org", "both");
    CHECK(messages_in(w.comes_with("carol", "carol@example.org/x", {"n"})).empty());
    // The owner's sessions get what is private as well.
    CHECK(messages_in(w.comes_with("alice2", "alice@example.org/2", {"n", "quiet", "s"})).size() == 2);
    // Also when nobody of the account is there.
    w.gone("alice");
    w.gone("alice2");
    w.gone("bob");
    CHECK(messages_in(w.comes_with("bob", "bob@example.org/work", {"n", "quiet", "s"})) == lines{expected});
  }
}

TEST_CASE("events: a subscription that is granted brings the newest items") {
  pep_world w;
  w.comes_with("alice", "alice@example.org/home", {});
  w.publishes("alice", "n", "1", "x");
  w.comes_with("carol", "carol@example.org/x", {"n"});
  w.sends("carol", "subscribe", "alice@example.org");
  const auto log = messages_in(w.sends("alice", "subscribed", "carol@example.org"));
  REQUIRE(log.size() == 1);
  CHECK(log[0].starts_with("carol <- <message to='carol@example.org/x'"));
}

TEST_CASE("events: a session that publishes without presence tells its contacts too") {
  pep_world w;
  w.comes_with("bob", "bob@example.org/work", {"n"});
  w.starts("alice", "alice@example.org/home");
  CHECK(messages_in(w.asks("alice", "", pep_world::item("n", "1", "x"), "set")) ==
        lines{event("bob", "bob@example.org/work", items("1", "x"))});
}

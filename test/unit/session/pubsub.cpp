// Personal eventing as its owner and others use it: what is published, read, configured, refused.

#include "pep_nodes.hpp"
#include "pep_world.hpp"

using namespace couplet;
using namespace couplet::session;
using namespace couplet::session::testing;
using storage::entry_kind;

namespace {

constexpr auto alice = "alice@example.org";

struct people : pep_world {
  people() {
    comes("alice", "alice@example.org/home");
    comes("bob", "bob@example.org/work");
    comes("carol", "carol@example.org/x");
  }
  std::string owner(const std::string& inside, const std::string& type = "set") {
    return answer("alice", "", pubsub(inside, "#owner"), type);
  }
};

std::string items_of(const std::string& node, const std::string& inside) {
  return pep_world::pubsub("<items node='" + node + "'>" + inside + "</items>");
}

std::string item_of(const std::string& id, const std::string& text) {
  return "<item id='" + id + "'>" + pep_world::payload(text) + "</item>";
}

std::string submit(const std::string& fields) {
  return "<x xmlns='jabber:x:data' type='submit'>" + fields + "</x>";
}

}  // namespace

TEST_CASE("pubsub: what is published makes its node, and is read by the owner and by contacts, not by others") {
  people w;
  CHECK(w.publishes("alice", "urn:t", "1", "a &amp; b") == pep_world::pubsub("<publish node='urn:t'><item id='1'/></publish>"));
  for (const char* const to : {"", alice}) CHECK(w.items("alice", to, "urn:t") == items_of("urn:t", item_of("1", "a &amp; b")));
  CHECK(w.items("bob", alice, "urn:t") == items_of("urn:t", item_of("1", "a &amp; b")));
  CHECK(contains(w.items("carol", alice, "urn:t"), "not-authorized"));
  CHECK(contains(w.items("carol", alice, "urn:t"),
                 "<presence-subscription-required xmlns='http://jabber.org/protocol/pubsub#errors'/>"));
  // One item, unless more are asked for.
  w.publishes("alice", "urn:t", "2", "c");
  CHECK(w.items("bob", alice, "urn:t") == items_of("urn:t", item_of("2", "c")));
  CHECK(w.storage.entry(alice, entry_kind::pep_item, "urn:t\n1") == "(none)");
  CHECK(w.storage.entry(alice, entry_kind::pep_item, "urn:t\n2") == "1000000000001 " + item_of("2", "c"));
}

TEST_CASE("pubsub: who may see nothing cannot tell what there is, nor whether there is such an account") {
  people w;
  w.publishes("alice", "urn:t", "1", "x");
  w.publishes("alice", "urn:secret", "1", "x", private_node);
  const auto refused = w.items("carol", alice, "urn:t");
  CHECK(w.items("carol", alice, "urn:secret") == refused);
  CHECK(w.items("carol", alice, "urn:none") == refused);
  CHECK(w.items("carol", "nobody@example.org", "urn:t") == refused);
  for (const char* const to : {alice, "nobody@example.org"}) {
    CHECK(contains(w.answer("carol", to, pep_world::item("urn:t", "1", "x"), "set"), "forbidden"));
    CHECK(contains(w.answer("carol", to, pep_world::pubsub("<delete node='urn:t'/>", "#owner"), "set"), "forbidden"));
    CHECK(w.answer("carol", to, "<query xmlns='http://jabber.org/protocol/disco#items'/>") ==
          "<query xmlns='http://jabber.org/protocol/disco#items'/>");
    CHECK(contains(w.answer("carol", to, "<query xmlns='http://jabber.org/protocol/disco#info' node='urn:t'/>"),
                   "service-unavailable"));
  }
  CHECK(contains(w.items("bob", alice, "urn:none"), "item-not-found"));
  CHECK(contains(w.items("bob", alice, "urn:secret"), "<closed-node "));
  w.publishes("alice", "urn:open", "1", "x", public_node);
  CHECK(w.items("carol", alice, "urn:open") == items_of("urn:open", item_of("1", "x")));
  // Whom she has blocked gets nothing of it.
  w.asks("alice", "", "<block xmlns='urn:xmpp:blocking'><item jid='carol@example.org'/><item jid='bob@example.org'/></block>",
         "set");
  CHECK(contains(w.items("carol", alice, "urn:open"), "service-unavailable"));
  CHECK(contains(w.items("bob", alice, "urn:t"), "service-unavailable"));
}

TEST_CASE("pubsub: publish-options make a new node, and are conditions for one that is there") {
  people w;
  const auto many =
      pep_world::options(pep_world::field("persist_items", "true") + pep_world::field("max_items", "max") +
                         pep_world::field("send_last_published_item", "never") + pep_world::field("access_model", "whitelist"));
  for (const char* const id : {"1", "2", "3"}) {
    w.time += 10;
    CHECK(contains(w.publishes("alice", "urn:b", id, id, many), "<publish "));
  }
  CHECK(w.items("alice", "", "urn:b") == items_of("urn:b", item_of("1", "1") + item_of("2", "2") + item_of("3", "3")));
  const auto conflict = w.publishes("alice", "urn:b", "4", "x", public_node);
  CHECK(contains(conflict, "<conflict "));
  CHECK(contains(conflict, "<precondition-not-met xmlns='http://jabber.org/protocol/pubsub#errors'/>"));
  CHECK(contains(w.publishes("alice", "urn:b", "4", "x", pep_world::options(pep_world::field("unheard_of", "1"))),
                 "precondition-not-met"));
  CHECK(contains(w.publishes("alice", "urn:c", "4", "x", pep_world::options(pep_world::field("access_model", "roster"))),
                 "precondition-not-met"));
  CHECK(contains(w.publishes("alice", "urn:b", "2", "again", private_node), "<publish "));
  CHECK(w.items("alice", "", "urn:b", "<item id='2'/>") == items_of("urn:b", item_of("2", "again")));
  CHECK(w.items("alice", "", "urn:b", "<item id='3'/><item id='1'/>") ==
        items_of("urn:b", item_of("1", "1") + item_of("3", "3")));
  // Section 6.5.9: what is not there is left out.
  CHECK(w.items("alice", "", "urn:b", "<item id='9'/>") == items_of("urn:b", ""));
  CHECK(w.items("alice", "", "urn:b", "<item id='9'/><item id='3'/>") == items_of("urn:b", item_of("3", "3")));
  CHECK(w.answer("alice", "", pep_world::pubsub("<items node='urn:b' max_items='1'/>")) ==
        items_of("urn:b", item_of("2", "again")));
  CHECK(contains(w.answer("alice", "", pep_world::pubsub("<items node='urn:b' max_items='x'/>")), "bad-request"));
}

TEST_CASE("pubsub: an item's payload stands alone, and has an id") {
  people w;
  const auto answer = w.answer("alice", "",
                               "<ps:pubsub xmlns:ps='http://jabber.org/protocol/pubsub' xmlns:t='urn:tune'><ps:publish node='n'>"
                               "<ps:item><t:tune>x</t:tune></ps:item></ps:publish></ps:pubsub>",
                               "set");
  const auto at = answer.find("id='") + 4;
  const auto id = answer.substr(at, answer.find('\'', at) - at);
  CHECK(id.size() == 16);
  CHECK(contains(w.items("alice", "", "n"), "<item id='" + id + "'><t:tune xmlns:t='urn:tune'"));
}

TEST_CASE("pubsub: what is wrong with a request has a name") {
  people w;
  w.publishes("alice", "n", "1", "x");
  const auto set = [&w](const std::string& inside) { return w.answer("alice", "", pep_world::pubsub(inside), "set"); };
  CHECK(contains(set("<publish><item id='1'><a xmlns='u'/></item></publish>"), "<nodeid-required "));
  CHECK(contains(set("<publish node='n'/>"), "<item-required "));
  CHECK(contains(set("<publish node='n'><item id='1'/></publish>"), "<payload-required "));
  CHECK(contains(set("<publish node='n'><item><a xmlns='u'/><b xmlns='u'/></item></publish>"), "<invalid-payload "));
  CHECK(contains(set("<publish node='n'><item><a xmlns='u'/></item><item><b xmlns='u'/></item></publish>"),
                 "<max-items-exceeded "));
  CHECK(contains(set("<publish node='a&#10;b'><item id='1'><a xmlns='u'/></item></publish>"), "not-acceptable"));
  CHECK(contains(set("<create node='n'/>"), "<conflict "));
  CHECK(contains(set("<retract node='n'><item id='9'/></retract>"), "item-not-found"));
  CHECK(contains(set("<retract node='n'/>"), "<item-required "));
  CHECK(contains(set("<retract node='m'><item id='9'/></retract>"), "item-not-found"));
  CHECK(contains(set("<subscribe node='n' jid='alice@example.org'/>"),
                 "<unsupported xmlns='http://jabber.org/protocol/pubsub#errors' feature='subscribe'/>"));
  CHECK(contains(set("<anything/>"), "bad-request"));
  CHECK(contains(set(""), "bad-request"));
  CHECK(contains(w.owner("<purge node='m'/>"), "item-not-found"));
  CHECK(contains(w.owner("<delete/>"), "<nodeid-required "));
  CHECK(contains(w.owner("<configure node='n'/>"), "bad-request"));
  CHECK(contains(w.owner("<affiliations node='n'/>", "get"), "feature-not-implemented"));
}

TEST_CASE("pubsub: an owner makes, configures, empties and removes nodes") {
  people w;
  CHECK(w.answer("alice", "",
                 pep_world::pubsub("<create node='n'/><configure>" + submit(pep_world::field("max_items", "2")) + "</configure>"),
                 "set")
            .empty());
  for (const char* const id : {"1", "2", "3"}) w.publishes("alice", "n", id, id);
  CHECK(w.items("alice", "", "n") == items_of("n", item_of("2", "2") + item_of("3", "3")));
  const auto form = w.owner("<configure node='n'/>", "get");
  CHECK(contains(form, "<field var='pubsub#max_items' type='text-single'><value>2</value>"));
  CHECK(contains(form, "<field var='pubsub#access_model' type='list-single'><value>presence</value>"));
  CHECK(contains(w.owner("<default/>", "get"), "<field var='pubsub#max_items' type='text-single'><value>1</value>"));
  CHECK(w.owner("<configure node='n'>" + submit(pep_world::field("access_model", "open") + pep_world::field("max_items", "1")) +
                "</configure>")
            .empty());
  CHECK(w.items("carol", alice, "n") == items_of("n", item_of("3", "3")));
  CHECK(contains(w.owner("<configure node='n'>" + submit(pep_world::field("access_model", "authorize")) + "</configure>"),
                 "<unsupported-access-model "));
  CHECK(w.owner("<configure node='n'><x xmlns='jabber:x:data' type='cancel'/></configure>").empty());
  CHECK(w.owner("<purge node='n'/>").empty());
  CHECK(w.items("alice", "", "n") == items_of("n", ""));
  CHECK(w.owner("<delete node='n'/>").empty());
  CHECK(contains(w.items("alice", "", "n"), "item-not-found"));
  CHECK(w.storage.entry(alice, entry_kind::pep_node, "n") == "(none)");
}

TEST_CASE("pubsub: service discovery: the account, its nodes, their items") {
  people w;
  w.publishes("alice", "urn:t", "1", "x");
  w.publishes("alice", "urn:secret", "1", "x", private_node);
  const std::string info = "<query xmlns='http://jabber.org/protocol/disco#info'/>";
  for (const auto* const to : {"example.org", alice, ""}) {
    const auto said = w.answer("alice", to, info);
    CHECK(contains(said, "<identity category='pubsub' type='pep'/>"));
    CHECK(contains(said, "<feature var='http://jabber.org/protocol/pubsub#publish-options'/>"));
  }
  const std::string items = "<query xmlns='http://jabber.org/protocol/disco#items'/>";
  const std::string shown = "<query xmlns='http://jabber.org/protocol/disco#items'><item jid='alice@example.org' node='urn:t'/>";
  CHECK(w.answer("alice", "", items) == shown + "<item jid='alice@example.org' node='urn:secret'/></query>");
  CHECK(w.answer("bob", alice, items) == shown + "</query>");
  CHECK(w.answer("bob", alice, "<query xmlns='http://jabber.org/protocol/disco#items' node='urn:t'/>") ==
        "<query xmlns='http://jabber.org/protocol/disco#items' node='urn:t'><item jid='alice@example.org' name='1'/></query>");
  CHECK(contains(w.answer("bob", alice, "<query xmlns='http://jabber.org/protocol/disco#items' node='urn:secret'/>"),
                 "item-not-found"));
  CHECK(contains(w.answer("bob", alice, "<query xmlns='http://jabber.org/protocol/disco#info' node='urn:t'/>"), "type='leaf'"));
  CHECK(contains(w.answer("bob", alice, "<query xmlns='http://jabber.org/protocol/disco#info' node='urn:secret'/>"),
                 "item-not-found"));
}

TEST_CASE("pubsub: quotas of an account have names, and a storage that fails is told") {
  people w;
  const std::string large(300'000, 'x');
  const auto many = pep_world::options(pep_world::field("max_items", "max"));
  for (int i = 0; i < 6; ++i) CHECK(contains(w.publishes("alice", "n", std::to_string(i), large, many), "<publish "));
  const auto refused = w.publishes("alice", "n", "7", large);
  CHECK(contains(refused, "resource-constraint"));
  CHECK(contains(refused, "<max-items-exceeded "));
  // An answer is no larger than a client can take.
  CHECK(w.items("alice", "", "n").size() < 400'000);
  CHECK(w.answer("alice", "", pep_world::pubsub("<delete node='n'/>", "#owner"), "set").empty());
  for (std::size_t i = 0; i < most_pep_nodes; ++i)
    CHECK(contains(w.publishes("alice", "n" + std::to_string(i), "1", "x"), "<publish "));
  CHECK(contains(w.publishes("alice", "one more", "1", "x"), "<max-nodes-exceeded "));
  w.storage.broken = storage_outcome::unavailable;
  CHECK(contains(w.publishes("alice", "n1", "2", "x"), "internal-server-error"));
  w.storage.broken = storage_outcome::done;
  CHECK(contains(w.items("alice", "", "n1"), "id='1'"));
}

TEST_CASE("pubsub: requests are worked on in their order, though the storage is slow; too many are refused") {
  people w;
  w.storage_waits = true;
  CHECK(w.asks("alice", "", pep_world::item("n", "1", "a"), "set").empty());
  CHECK(w.asks("alice", "", pep_world::item("n", "2", "b"), "set").empty());
  CHECK(w.asks("alice", "", pep_world::pubsub("<items node='n'/>")).empty());
  lines refused;
  for (int i = 0; i < 300; ++i) {
    for (auto& line : w.asks("alice", "", pep_world::pubsub("<items node='n'/>"))) refused.push_back(line);
  }
  CHECK(refused.size() > 40);
  CHECK(contains(refused.at(0), "resource-constraint"));
  const auto log = w.storage_answers();
  REQUIRE(log.size() > 3);
  CHECK(contains(log[0], "<item id='1'/>"));
  CHECK(contains(log[1], "<item id='2'/>"));
  CHECK(contains(log[2], item_of("2", "b")));
  CHECK_FALSE(contains(log[2], item_of("1", "a")));
}

TEST_CASE("pubsub: an account that is removed leaves nothing, and who waited is told") {
  people w;
  w.publishes("alice", "n", "1", "x");
  w.asks("alice", "", "<query xmlns='jabber:iq:register'><remove/></query>", "set");
  CHECK(w.storage.entry(alice, entry_kind::pep_node, "n") == "(none)");
  w.comes("alice", "alice@example.org/new");
  CHECK(contains(w.items("alice", "", "n"), "item-not-found"));
}

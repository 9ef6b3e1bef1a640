// Bookmarks of both times are the same ones (XEP-0402 section 6, XEP-0049).

#include "pep_world.hpp"

using namespace couplet;
using namespace couplet::session;
using namespace couplet::session::testing;
using storage::entry_kind;

namespace {

constexpr auto alice = "alice@example.org";
const std::string node = "urn:xmpp:bookmarks:1";
const std::string only_for_me =
    pep_world::options(pep_world::field("persist_items", "true") + pep_world::field("max_items", "max") +
                       pep_world::field("send_last_published_item", "never") + pep_world::field("access_model", "whitelist"));

struct people : pep_world {
  people() : pep_world(2) {
    comes("alice", "alice@example.org/home");
    comes_with("other", "alice@example.org/other", {node});
  }
  static std::string old(const std::string& inside) {
    return "<query xmlns='jabber:iq:private'><storage xmlns='storage:bookmarks'>" + inside + "</storage></query>";
  }
  std::string reads_old() {
    const auto text = answer("alice", "", "<query xmlns='jabber:iq:private'><storage xmlns='storage:bookmarks'/></query>");
    return text == "<query xmlns='jabber:iq:private'><storage xmlns='storage:bookmarks'/></query>"
               ? ""
               : text.substr(old("").find("</"), text.size() - old("").size());
  }
  lines writes_old(const std::string& inside) { return asks("alice", "", old(inside), "set"); }
  lines publishes_room(const std::string& jid, const std::string& attributes, const std::string& inside) {
    return asks("alice", "",
                pubsub("<publish node='" + node + "'><item id='" + jid + "'><conference xmlns='" + node + "'" + attributes + ">" +
                       inside + "</conference></item></publish>" + only_for_me),
                "set");
  }
};

std::string item(const std::string& jid, const std::string& rest) {
  return "<item id='" + jid + "'><conference xmlns='urn:xmpp:bookmarks:1'" + rest + "</conference></item>";
}

std::string all(const std::string& inside) {
  return pep_world::pubsub("<items node='" + node + "'>" + inside + "</items>");
}

}  // namespace

TEST_CASE("bookmarks: what is published as items is in private XML, beside what has no place in items") {
  people w;
  CHECK(w.reads_old().empty());
  w.writes_old("<url name='u' url='http://example.org/'/>");
  w.publishes_room("b@rooms", " name='B &amp; C' autojoin='1'", "<nick>Al</nick><password>secret</password>");
  w.publishes_room("a@rooms", "", "<extensions><x xmlns='u'/></extensions>");
  CHECK(w.reads_old() ==
        "<conference jid='a@rooms'></conference><conference jid='b@rooms' name='B &amp; C' autojoin='true'><nick>Al</nick>"
        "<password>secret</password></conference><url xmlns='storage:bookmarks' name='u' url='http://example.org/'/>");
}

TEST_CASE("bookmarks: a list in private XML becomes items: only what has changed is told, and extensions stay") {
  people w;
  CHECK(messages_in(w.writes_old("<conference jid='a@rooms' name='A'/><conference jid='no room@'/>")).size() == 1);
  CHECK(w.items("alice", "", node) == all(item("a@rooms", " name='A'>")));
  // For the owner alone.
  CHECK(contains(w.answer("alice", "", pep_world::pubsub("<configure node='" + node + "'/>", "#owner")),
                 "<value>whitelist</value>"));
  w.publishes_room("b@rooms", " name='B'", "<extensions><x xmlns='u'/></extensions>");
  auto log = messages_in(w.writes_old(
      "<conference jid='a@rooms' name='A'/><conference jid='b@rooms' name='B' autojoin='true'><nick>n</nick></conference>"));
  REQUIRE(log.size() == 1);
  CHECK(contains(log[0], "<item id='b@rooms'>"));
  const auto extensions = "<extensions xmlns='urn:xmpp:bookmarks:1'><x xmlns='u'/></extensions>";
  CHECK(w.items("alice", "", node, "<item id='b@rooms'/>") ==
        all(item("b@rooms", " name='B' autojoin='true'><nick>n</nick>" + std::string(extensions))));
  log = messages_in(w.writes_old("<conference jid='b@rooms' name='B' autojoin='1'><nick>n</nick></conference>"));
  REQUIRE(log.size() == 1);
  CHECK(contains(log[0], "<retract id='a@rooms'/>"));
  CHECK(messages_in(w.writes_old("")).size() == 1);
  CHECK(w.items("alice", "", node) == all(""));
  CHECK(w.reads_old().empty());
}

TEST_CASE("bookmarks: what was in private XML before is taken over by the first request to the node") {
  for (const bool reads : {true, false}) {
    people w;
    w.storage.answer(storage_request(
        alice, change_entries(entry_change(entry_change::verb::put, entry_kind::private_xml, "storage:bookmarks storage",
                                           "<storage xmlns='storage:bookmarks'><conference jid='old@rooms'/></storage>"))));
    CHECK(w.reads_old() == "<conference jid='old@rooms'/>");
    if (!reads) CHECK(contains(w.publishes_room("new@rooms", "", "").front(), "<publish "));
    CHECK(w.items("alice", "", node) == all(item("old@rooms", ">") + (reads ? "" : item("new@rooms", ">"))));
    // Removed is removed.
    CHECK(w.answer("alice", "", pep_world::pubsub("<delete node='" + node + "'/>", "#owner"), "set").empty());
    CHECK(contains(w.items("alice", "", node), "item-not-found"));
    CHECK(w.reads_old().empty());
  }
}

TEST_CASE("bookmarks: a node that others may read gets nothing from private XML, nor the other way round") {
  people w;
  w.asks("alice", "", pep_world::item(node, "a@rooms", "x", public_node), "set");
  CHECK(messages_in(w.writes_old("<conference jid='b@rooms'><password>secret</password></conference>")).empty());
  CHECK(w.reads_old() == "<conference jid='b@rooms'><password>secret</password></conference>");
  CHECK_FALSE(contains(w.items("alice", "", node), "secret"));
}

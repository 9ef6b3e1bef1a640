// What an account keeps on the server, and what others are told of it.

#include "kept_xml.hpp"
#include "world.hpp"

using namespace couplet;
using namespace couplet::session;
using namespace couplet::session::testing;
using storage::entry_kind;

namespace {

constexpr auto alice = "alice@example.org";

struct people : world {
  explicit people(const settings& s = timed()) : world(s, 3) {
    online("alice", "alice@example.org/home");
    account("bob@example.org");
    starts("bob", "bob@example.org/work");
  }
  static settings timed() {
    auto s = example(true);
    s.now = [] { return time; };
    time = 1'000'000'000'000;
    return s;
  }
  std::string asks(const std::string& who, std::string_view to, std::string_view payload, std::string_view type = "get") {
    std::string iq = "<iq type='";
    iq.append(type).append("' id='q'");
    if (!to.empty()) iq.append(" to='").append(to).append("'");
    const auto log = says(who, iq.append(">").append(payload).append("</iq>"));
    REQUIRE(log.size() == 1);
    // What is inside, or the error's condition.
    const auto begin = log[0].find('>');
    return contains(log[0], " type='result'") ? log[0].substr(begin + 1, log[0].size() - begin - 1)
                                              : log[0].substr(log[0].find("code='"));
  }
  std::string alice_asks(std::string_view payload, std::string_view type = "get") { return asks("alice", "", payload, type); }
  void contact(const std::string& owner, const std::string& who, const std::string& state) {
    const auto item = "<item jid='" + who + "' subscription='" + state + "'/>";
    storage.answer(
        storage_request(owner, change_entries(entry_change(entry_change::verb::put, entry_kind::roster_item, who, item))));
  }
  static inline std::int64_t time = 0;
};

std::string priv(std::string_view inside) {
  return "<query xmlns='jabber:iq:private'>" + std::string(inside) + "</query>";
}

const std::string info = "<query xmlns='http://jabber.org/protocol/disco#info'/>";
const std::string items = "<query xmlns='http://jabber.org/protocol/disco#items'/>";
const std::string last = "<query xmlns='jabber:iq:last'/>";
const std::string no_card = "<vCard xmlns='vcard-temp'/>";

}  // namespace

TEST_CASE("kept XML: what it uses of the elements around it is declared in itself, once") {
  CHECK(stand_alone("<a xmlns='u'/>", {"<q xmlns='v'>"}) == "<a xmlns='u'/>");
  CHECK(stand_alone("<a/>", {"<q>", "<iq xmlns='w'>"}) == "<a xmlns='w'/>");
  CHECK(stand_alone("<p:a x='1'>p</p:a>", {"<q xmlns:p='in' xmlns:z='no'>", "<iq xmlns:p='out'>"}) ==
        "<p:a xmlns:p='in' x='1'>p</p:a>");
  CHECK(stand_alone("<a xmlns='u' p:x='1'/>", {"<iq xmlns='w' xmlns:p=\"it's\">"}) == "<a xmlns:p=\"it's\" xmlns='u' p:x='1'/>");
}

TEST_CASE("personal: XEP-0049: what was put under a name comes back, and only to its owner") {
  people w;
  const std::string prefs = "<exodus xmlns='exodus:prefs'><nick>Al &amp; ice</nick></exodus>";
  CHECK(w.alice_asks(priv("<exodus xmlns='exodus:prefs'/>")) == priv("<exodus xmlns='exodus:prefs'/>") + "</iq>");
  CHECK(w.alice_asks(priv(prefs), "set").empty());
  CHECK(w.alice_asks(priv("<exodus xmlns='exodus:prefs'/>")) == priv(prefs) + "</iq>");
  CHECK(w.alice_asks(priv("<exodus xmlns='other'/>")) == priv("<exodus xmlns='other'/>") + "</iq>");
  CHECK(w.asks("bob", "", priv("<exodus xmlns='exodus:prefs'/>")) == priv("<exodus xmlns='exodus:prefs'/>") + "</iq>");
  CHECK(contains(w.asks("bob", alice, priv(prefs), "set"), "service-unavailable"));
  CHECK(contains(w.asks("bob", alice, priv("<exodus xmlns='exodus:prefs'/>")), "service-unavailable"));
  CHECK(w.alice_asks(priv("<a xmlns='1'>x</a><b xmlns='2' y='z'/>"), "set").empty());
  CHECK(w.alice_asks(priv("<b xmlns='2'/>")) == priv("<b xmlns='2' y='z'/>") + "</iq>");
  // What says nothing takes no place.
  CHECK(w.storage.entries() == 3);
  CHECK(w.alice_asks(priv("<a xmlns='1'/><b xmlns='2'/>"), "set").empty());
  CHECK(w.storage.entries() == 1);
}

TEST_CASE("personal: XEP-0049: what has no namespace of its own, or asks for nothing or for much, is not acceptable") {
  people w;
  for (const char* const inside : {"", "text", "<a/>", "<a xmlns='jabber:client'/>", "<a xmlns='1'/><b/>"}) {
    CAPTURE(inside);
    CHECK(contains(w.alice_asks(priv(inside), "set"), "not-acceptable"));
    CHECK(contains(w.alice_asks(priv(inside)), "not-acceptable"));
  }
  CHECK(contains(w.alice_asks(priv("<a xmlns='1'/><b xmlns='2'/>")), "not-acceptable"));
  CHECK(w.storage.entries() == 0);
}

TEST_CASE("personal: XEP-0049: an account's quota, and a storage that fails, are told") {
  people w;
  const std::string much = "<a xmlns='1'>" + std::string(3U << 20U, 'x') + "</a>";
  CHECK(w.alice_asks(priv(much), "set").empty());
  CHECK(contains(w.alice_asks(priv("<b xmlns='1'>" + much + "</b>"), "set"), "resource-constraint"));
  CHECK(w.alice_asks(priv("<b xmlns='1'/>")) == priv("<b xmlns='1'/>") + "</iq>");
  w.storage.broken = storage_outcome::full;
  CHECK(contains(w.alice_asks(priv("<b xmlns='1'>x</b>"), "set"), "resource-constraint"));
  w.storage.broken = storage_outcome::unavailable;
  CHECK(contains(w.alice_asks(priv("<b xmlns='1'/>")), "internal-server-error"));
}

TEST_CASE("personal: who asked is gone when the answer comes") {
  people w;
  w.storage_waits = true;
  CHECK(w.says("alice", "<iq type='get' id='q'>" + priv("<a xmlns='1'/>") + "</iq>").empty());
  w.gone("alice");
  CHECK(w.storage_answers().empty());
}

TEST_CASE("personal: XEP-0054: one's own vCard, and those of others also when they are away") {
  people w;
  const std::string card = "<vCard xmlns='vcard-temp'><FN>Alice</FN></vCard>";
  CHECK(w.alice_asks(no_card) == no_card + "</iq>");
  CHECK(w.alice_asks(card, "set").empty());
  CHECK(w.alice_asks(no_card) == card + "</iq>");
  CHECK(w.asks("alice", alice, no_card) == card + "</iq>");
  CHECK(w.asks("bob", alice, no_card) == card + "</iq>");
  w.gone("alice");
  CHECK(w.asks("bob", alice, no_card) == card + "</iq>");
  CHECK(contains(w.asks("bob", alice, card, "set"), "forbidden"));
  // Whether there is an account without a vCard is not to be seen.
  w.account("carol@example.org");
  const auto unknown = w.asks("bob", "nobody@example.org", no_card);
  CHECK(contains(unknown, "service-unavailable"));
  CHECK(w.asks("bob", "carol@example.org", no_card) == unknown);
}

TEST_CASE("personal: XEP-0054: one that is too large is refused") {
  auto s = people::timed();
  s.max_vcard_bytes = 60;
  people w(s);
  CHECK(
      contains(w.alice_asks("<vCard xmlns='vcard-temp'><FN>" + std::string(40, 'x') + "</FN></vCard>", "set"), "not-acceptable"));
  CHECK(w.alice_asks("<vCard xmlns='vcard-temp'><FN>Alice</FN></vCard>", "set").empty());
}

TEST_CASE("personal: XEP-0012: the server's uptime, and an account's last activity to those who may know") {
  people w;
  w.time += 93'500;
  CHECK(w.asks("bob", "example.org", last) == "<query xmlns='jabber:iq:last' seconds='93'/></iq>");
  CHECK(w.alice_asks(last) == "<query xmlns='jabber:iq:last' seconds='0'/></iq>");
  CHECK(contains(w.asks("bob", alice, last), "forbidden"));
  w.contact(alice, "bob@example.org", "to");
  CHECK(contains(w.asks("bob", alice, last), "forbidden"));
  w.contact(alice, "bob@example.org", "from");
  CHECK(w.asks("bob", alice, last) == "<query xmlns='jabber:iq:last' seconds='0'/></iq>");
  w.says("alice", "<presence type='unavailable'><status>Heading &lt;home&gt;</status></presence>");
  w.time += 60'000;
  CHECK(w.asks("bob", alice, last) == "<query xmlns='jabber:iq:last' seconds='60'>Heading &lt;home&gt;</query></iq>");
  w.gone("alice");  // it was away already
  CHECK(w.asks("bob", alice, last) == "<query xmlns='jabber:iq:last' seconds='60'>Heading &lt;home&gt;</query></iq>");
  w.contact("carol@example.org", "bob@example.org", "both");
  w.account("carol@example.org");
  CHECK(contains(w.asks("bob", "carol@example.org", last), "item-not-found"));
}

TEST_CASE("personal: XEP-0012: the last session that goes counts; a removed account leaves nothing") {
  people w;
  w.starts("alice2", "alice@example.org/phone");
  w.says("alice2", "<presence/>");
  w.gone("alice");
  CHECK(w.storage.entry(alice, entry_kind::last_activity) == "(none)");
  w.gone("alice2");
  CHECK(w.storage.entry(alice, entry_kind::last_activity) == "1000000000 ");
  w.starts("alice", "alice@example.org/home");
  w.says("alice", "<presence/>");
  w.says("alice", "<iq type='set' id='r'><query xmlns='jabber:iq:register'><remove/></query></iq>");
  CHECK(w.storage.entry(alice, entry_kind::last_activity) == "(none)");
}

TEST_CASE("personal: XEP-0030: who has no subscription sees no difference between an account and none") {
  people w;
  for (const char* const state : {"none", "to"}) {
    w.contact(alice, "bob@example.org", state);
    for (const auto& question : {info, items, std::string("<ping xmlns='urn:xmpp:ping'/>"), std::string("<x xmlns='u'/>")}) {
      CAPTURE(question);
      CHECK(w.asks("bob", alice, question) == w.asks("bob", "nobody@example.org", question));
    }
    CHECK(w.asks("bob", alice, items) == items + "</iq>");
    CHECK(contains(w.asks("bob", alice, info), "service-unavailable"));
  }
  w.gone("alice");  // her roster leaves the memory
  w.contact(alice, "bob@example.org", "both");
  CHECK(contains(w.asks("bob", alice, info), "<identity category='account' type='registered'/>"));
  CHECK(w.asks("bob", alice, items) == items + "</iq>");
  CHECK(w.asks("bob", alice, "<ping xmlns='urn:xmpp:ping'/>").empty());
  CHECK(contains(w.asks("bob", alice, "<query node='n' xmlns='http://jabber.org/protocol/disco#info'/>"), "item-not-found"));
}

TEST_CASE("personal: XEP-0157: who runs the server") {
  auto s = people::timed();
  s.contacts = {"mailto:admin@example.org", "xmpp:a&b@example.org"};
  people w(s);
  CHECK(contains(w.asks("bob", "example.org", info),
                 "<x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' type='hidden'>"
                 "<value>http://jabber.org/network/serverinfo</value></field><field var='admin-addresses' type='list-multi'>"
                 "<value>mailto:admin@example.org</value><value>xmpp:a&amp;b@example.org</value></field></x></query>"));
}

TEST_CASE("personal: XEP-0202: the time, in UTC") {
  people w;
  w.time = 1'157'717'460'999;
  CHECK(w.asks("bob", "example.org", "<time xmlns='urn:xmpp:time'/>") ==
        "<time xmlns='urn:xmpp:time'><tzo>+00:00</tzo><utc>2006-09-08T12:11:00Z</utc></time></iq>");
}

// Rosters: RFC 6121 section 2.

#include <algorithm>

#include "roster_world.hpp"

using namespace couplet;
using namespace couplet::session;
using namespace couplet::session::testing;

namespace {

const std::string alice = "alice@example.org";
const std::string done = " <- <iq type='result' id='s' to='alice@example.org/home'/>";

std::string condition_in(const lines& log) {
  REQUIRE(log.size() == 1);
  const auto at = log[0].find("'><");
  REQUIRE(contains(log[0], "<iq type='error' id='s'"));
  const auto begin = log[0].find("><", log[0].find("<error ")) + 2;
  REQUIRE(at != std::string::npos);
  return log[0].substr(begin, log[0].find(' ', begin) - begin);
}

}  // namespace

TEST_CASE("roster: RFC 6121 sections 2.1 to 2.4: an item is added, changed, and told to those who have asked") {
  roster_world w;
  w.comes("home", alice + "/home");
  w.comes("phone", alice + "/phone");
  w.starts("silent", alice + "/silent");  // connected, has not asked
  CHECK(w.roster("home").empty());
  const std::string item = "<item jid='bob@example.org' name='Bob &amp; co' subscription='none'><group>Friends</group></item>";
  CHECK(without_push_ids(w.sets("home", "<item jid='BOB@example.org' name='Bob &amp; co'><group>Friends</group></item>")) ==
        lines{push_of("phone", alice + "/phone", item), push_of("home", alice + "/home", item), "home" + done});
  CHECK(w.roster("phone") == item);
  const std::string changed = "<item jid='bob@example.org' subscription='none'><group>A</group><group>B</group></item>";
  CHECK(w.sets("home", "<item jid='bob@example.org' name=''><group>A</group><group>B</group></item>").size() == 3);
  CHECK(w.roster("home") == changed);
  CHECK(w.storage.entry(alice, storage::entry_kind::roster_item, "bob@example.org") == changed);
  CHECK(w.roster("silent") == changed);  // has asked now
  CHECK(w.sets("home", "<item jid='carol@example.org'/>").size() == 4);
}

TEST_CASE("roster: pushes have ids of their own; their answers are for nobody") {
  roster_world w;
  w.comes("home", alice + "/home");
  const auto first = w.sets("home", "<item jid='bob@example.org'/>").at(0);
  const auto second = w.sets("home", "<item jid='bob@example.org'/>").at(0);
  CHECK(first != second);
  CHECK(contains(first, " id='push"));
  CHECK_FALSE(contains(first, " from="));  // 2.1.6: without, or the bare JID
  CHECK(w.says("home", "<iq type='result' id='push1'/>").empty());
  CHECK(w.says("home", "<iq type='result' id='push1' to='alice@example.org'/>").empty());
  CHECK(w.says("home", "<iq type='error' id='push1'><error type='cancel'/></iq>").empty());
}

TEST_CASE("roster: RFC 6121 section 2.3.3: what is wrong with a set") {
  auto s = example();
  s.max_roster_items = 2;
  roster_world w(s);
  w.comes("home", alice + "/home");
  struct row {
    std::string items;
    const char* condition;
  };
  const std::string long_name(1'024, 'x');
  std::string many;
  for (int i = 0; i < 33; ++i) many += "<group>" + std::to_string(i) + "</group>";
  const row rows[] = {
      {"", "bad-request"},
      {"<item jid='a@example.org'/><item jid='b@example.org'/>", "bad-request"},
      {"<thing jid='a@example.org'/>", "bad-request"},
      {"<item xmlns='urn:x' jid='a@example.org'/>", "bad-request"},
      {"<item name='nobody'/>", "bad-request"},
      {"<item jid=''/>", "jid-malformed"},
      {"<item jid='a@b@c'/>", "jid-malformed"},
      {"<item jid='@example.org'/>", "jid-malformed"},
      {"<item jid='a@example.org/x'/>", "bad-request"},
      {"<item jid='a@example.org'><group/></item>", "not-acceptable"},
      {"<item jid='a@example.org'><group>G</group><group>G</group></item>", "bad-request"},
      {"<item jid='a@example.org'><group>" + long_name + "</group></item>", "not-acceptable"},
      {"<item jid='a@example.org' name='" + long_name + "'/>", "not-acceptable"},
      {"<item jid='a@example.org'>" + many + "</item>", "not-acceptable"},
      {"<item jid='a@example.org' subscription='remove'/>", "item-not-found"},
      {"<item jid='Alice@example.org'/>", "not-allowed"},
  };
  for (const auto& r : rows) {
    CAPTURE(r.items);
    CHECK(condition_in(w.sets("home", r.items)) == r.condition);
  }
  CHECK(w.roster("home").empty());
  w.sets("home", "<item jid='a@example.org' name='" + long_name.substr(1) + "'><group>g</group><group>G</group></item>");
  w.sets("home", "<item jid='b@example.org'/>");
  CHECK(condition_in(w.sets("home", "<item jid='c@example.org'/>")) == "resource-constraint");
  CHECK(w.sets("home", "<item jid='a@example.org'/>").size() == 2);  // what is there may change
  CHECK(contains(w.sends("home", "subscribe", "c@example.org").at(0), "resource-constraint"));
  w.sets("home", "<item jid='b@example.org' subscription='remove'/>");
  CHECK(w.sets("home", "<item jid='c@example.org'/>").size() == 2);
}

TEST_CASE("roster: a set changes no subscription, whatever it says") {
  roster_world w;
  w.comes("home", alice + "/home");
  for (const auto* words : {"subscription='both'", "subscription='to' ask='subscribe'", "ask='subscribe'", "approved='true'",
                            "subscription='nonsense'"}) {
    w.sets("home", std::string("<item jid='bob@example.org' ") + words + "/>");
    CHECK(w.roster("home") == "<item jid='bob@example.org' subscription='none'/>");
  }
}

TEST_CASE("roster: it is nobody else's") {
  roster_world w;
  w.comes("home", alice + "/home");
  w.comes("bob", "bob@example.org/b");
  for (const auto* to : {"alice@example.org", "nobody@example.org"}) {
    for (const auto* type : {"get", "set"}) {
      const auto log = w.says("bob", std::string("<iq id='1' type='") + type + "' to='" + to +
                                         "'><query xmlns='jabber:iq:roster'><item jid='c@example.org'/></query></iq>");
      REQUIRE(log.size() == 1);
      CHECK(contains(log[0], "<error type='auth' code='403'><forbidden "));
    }
  }
  CHECK(w.roster("home").empty());
  // To the own bare JID it is the own one.
  CHECK(contains(
      w.says("bob", "<iq id='1' type='get' to='bob@example.org'><query xmlns='jabber:iq:roster'/></iq>").at(0),
      "bob <- <iq type='result' id='1' from='bob@example.org' to='bob@example.org/b'><query xmlns='jabber:iq:roster' ver='"));
}

TEST_CASE("roster: RFC 6121 section 2.6: versions") {
  roster_world w;
  w.comes("home", alice + "/home");
  w.sets("home", "<item jid='bob@example.org'/>");
  const auto get = [&](const std::string& ver) {
    return w.says("home", "<iq type='get' id='v'><query xmlns='jabber:iq:roster' ver='" + ver + "'/></iq>").at(0);
  };
  const auto all = get("");
  const auto at = all.find(" ver='");
  REQUIRE(at != std::string::npos);
  const auto version = all.substr(at + 6, 16);
  CHECK(get("0123") == all);
  CHECK(get(version) == "home <- <iq type='result' id='v' to='alice@example.org/home'/>");
  // A push tells the version that the roster has then.
  const auto push = w.sets("home", "<item jid='carol@example.org'/>").at(0);
  const auto pushed = push.substr(push.find(" ver='") + 6, 16);
  CHECK(pushed != version);
  CHECK(get(pushed) == "home <- <iq type='result' id='v' to='alice@example.org/home'/>");
  // It outlives the sessions, and what was loaded for them.
  w.gone("home");
  w.starts("home", alice + "/home");
  CHECK(get(pushed) == "home <- <iq type='result' id='v' to='alice@example.org/home'/>");
  // Who names none is told, too (2.6.3).
  CHECK(contains(w.says("home", "<iq type='get' id='v'><query xmlns='jabber:iq:roster'/></iq>").at(0), " ver='" + pushed + "'"));
  CHECK(contains(w.sets("home", "<item jid='carol@example.org'/>").at(0), " ver='" + pushed + "'"));
}

TEST_CASE("roster: RFC 6121 section 2.5.2: with the item go the subscriptions, whichever there are") {
  for (const bool to : {false, true}) {
    for (const bool from : {false, true}) {
      CAPTURE(to);
      CAPTURE(from);
      roster_world w;
      w.comes("alice", alice + "/home");
      w.comes("bob", "bob@example.org/b");
      w.sets("alice", "<item jid='bob@example.org'/>");
      if (to) {
        w.sends("alice", "subscribe", "bob@example.org");
        w.sends("bob", "subscribed", alice);
      }
      if (from) {
        w.sends("bob", "subscribe", alice);
        w.sends("alice", "subscribed", "bob@example.org");
      }
      auto log = without_push_ids(w.sets("alice", "<item jid='bob@example.org' subscription='remove'/>"));
      const auto has = [&](const std::string& line) { return std::find(log.begin(), log.end(), line) != log.end(); };
      CHECK(has(push_of("alice", alice + "/home", "<item jid='bob@example.org' subscription='remove'/>")));
      CHECK(has("alice" + done.substr(0)));
      CHECK(has("bob <- <presence from='alice@example.org' to='bob@example.org' type='unsubscribe'/>") == to);
      CHECK(has("bob <- <presence from='alice@example.org' to='bob@example.org' type='unsubscribed'/>") == from);
      CHECK(has("bob <- <presence to='bob@example.org' from='alice@example.org/home' type='unavailable'/>") == from);
      CHECK(has("alice <- <presence to='alice@example.org' from='bob@example.org/b' type='unavailable'/>") == to);
      CHECK(w.roster("alice").empty());
      if (to || from) CHECK(w.roster("bob") == "<item jid='alice@example.org' subscription='none'/>");
      CHECK(w.storage.entry(alice, storage::entry_kind::roster_item, "bob@example.org") == "(none)");
    }
  }
}

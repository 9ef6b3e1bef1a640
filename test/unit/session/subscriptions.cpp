// Subscriptions between two people of this server, and with other domains: RFC 6121 section 3.

#include <algorithm>

#include "roster_world.hpp"

using namespace couplet;
using namespace couplet::session;
using namespace couplet::session::testing;

namespace {

const std::string alice = "alice@example.org";
const std::string bob = "bob@example.org";
const std::string juliet = "juliet@capulet.example";

lines sorted(lines log) {
  log = without_push_ids(std::move(log));
  std::sort(log.begin(), log.end());
  return log;
}

std::string item_of(const std::string& jid, const std::string& rest) {
  return "<item jid='" + jid + "' " + rest + "/>";
}

std::string bare_presence(const std::string& type, const std::string& from, const std::string& to) {
  return "<presence from='" + from + "' to='" + to + "' type='" + type + "'/>";
}

/// Both are there.
struct pair : roster_world {
  explicit pair(std::uint32_t partitions = 1) : roster_world(example(), partitions) {
    comes("alice", alice + "/home");
    comes("bob", bob + "/b");
  }
  void befriend() {
    sends("alice", "subscribe", bob);
    sends("bob", "subscribed", alice);
    sends("bob", "subscribe", alice);
    sends("alice", "subscribed", bob);
  }
  std::string stored(const std::string& owner, const std::string& jid) const {
    return storage.entry(owner, storage::entry_kind::roster_item, jid);
  }
};

}  // namespace

TEST_CASE("subscriptions: RFC 6121 section 3.1: asked, granted, and each step is told to whom it concerns") {
  for (const std::uint32_t partitions : {1U, 4U}) {
    CAPTURE(partitions);
    pair w(partitions);
    w.starts("desk", alice + "/desk");  // has not asked for the roster
    CHECK(sorted(w.says("alice", "<presence id='x1' to='Bob@example.org/b' type='subscribe'><status>hi</status></presence>")) ==
          sorted({push_of("alice", alice + "/home", item_of(bob, "subscription='none' ask='subscribe'")),
                  "bob <- <presence from='alice@example.org' to='bob@example.org' id='x1' "
                  "type='subscribe'><status>hi</status></presence>"}));
    CHECK(w.roster("bob").empty());  // 2.1.2.4: what is only asked for is not in the roster
    CHECK(w.sends("bob", "subscribed", alice + "/home").size() == 4);
    CHECK(w.roster("bob") == item_of(alice, "subscription='from'"));
    CHECK(w.roster("alice") == item_of(bob, "subscription='to'"));
    CHECK(w.stored(alice, bob) == item_of(bob, "subscription='to'"));
    CHECK(w.stored(bob, alice) == item_of(alice, "subscription='from'"));
    CHECK(w.storage.entry(bob, storage::entry_kind::subscription_request, alice) == "(none)");
    CHECK(sorted(w.sends("bob", "subscribe", alice)) ==
          sorted({push_of("bob", bob + "/b", item_of(alice, "subscription='from' ask='subscribe'")),
                  "alice <- " + bare_presence("subscribe", bob, alice)}));
    CHECK(sorted(w.sends("alice", "subscribed", bob)) ==
          sorted({push_of("alice", alice + "/home", item_of(bob, "subscription='both'")),
                  push_of("bob", bob + "/b", item_of(alice, "subscription='both'")),
                  "bob <- " + bare_presence("subscribed", alice, bob),
                  "bob <- <presence to='bob@example.org' from='alice@example.org/home'/>"}));
  }
}

TEST_CASE("subscriptions: RFC 6121 sections 3.2, 3.3: refused, cancelled from either side") {
  for (const std::uint32_t partitions : {1U, 4U}) {
    CAPTURE(partitions);
    pair w(partitions);
    w.sends("alice", "subscribe", bob);
    CHECK(sorted(w.sends("bob", "unsubscribed", alice)) ==
          sorted({push_of("alice", alice + "/home", item_of(bob, "subscription='none'")),
                  "alice <- " + bare_presence("unsubscribed", bob, alice)}));
    CHECK(w.sends("bob", "unsubscribed", alice).empty());
    w.befriend();
    // The contact takes the subscription back (3.2).
    CHECK(sorted(w.sends("bob", "unsubscribed", alice)) ==
          sorted({push_of("alice", alice + "/home", item_of(bob, "subscription='from'")),
                  push_of("bob", bob + "/b", item_of(alice, "subscription='to'")),
                  "alice <- " + bare_presence("unsubscribed", bob, alice),
                  "alice <- <presence to='alice@example.org' from='bob@example.org/b' type='unavailable'/>"}));
    // The user does (3.3): the contact's server says that it is gone.
    CHECK(sorted(w.sends("bob", "unsubscribe", alice)) ==
          sorted({push_of("alice", alice + "/home", item_of(bob, "subscription='none'")),
                  push_of("bob", bob + "/b", item_of(alice, "subscription='none'")),
                  "alice <- " + bare_presence("unsubscribe", bob, alice),
                  "bob <- <presence to='bob@example.org' from='alice@example.org/home' type='unavailable'/>"}));
    CHECK(w.sends("bob", "unsubscribe", alice).empty());  // it is routed, and ignored there
  }
}

TEST_CASE("subscriptions: RFC 6121 sections 2.5.2, 3.2.2: who may see the user no more is told first that he is gone") {
  auto s = example();
  s.other_domains = true;
  const std::string gone = "others <- <presence to='" + juliet + "' from='alice@example.org/home' type='unavailable'/>";
  const std::string refused = "others <- " + bare_presence("unsubscribed", alice, juliet);
  for (const std::uint32_t partitions : {1U, 4U}) {
    roster_world w(s, partitions);
    w.comes("alice", alice + "/home");
    const auto grant = [&w] {
      w.deliver(bare_presence("subscribe", juliet, alice));
      w.sends("alice", "subscribed", juliet);
    };
    grant();
    CHECK(without_push_ids(w.sends("alice", "unsubscribed", juliet)) ==
          lines{gone, refused, push_of("alice", alice + "/home", item_of(juliet, "subscription='none'"))});
    grant();
    CHECK(without_push_ids(w.sets("alice", item_of(juliet, "subscription='remove'"))) ==
          lines{gone, refused, push_of("alice", alice + "/home", item_of(juliet, "subscription='remove'")),
                "alice <- <iq type='result' id='s' to='alice@example.org/home'/>"});
  }
}

TEST_CASE("subscriptions: RFC 6121 sections 8.5.3.1, 8.5.3.2.2: at a resource, there or not") {
  auto s = example();
  s.other_domains = true;
  for (const std::uint32_t partitions : {1U, 4U}) {
    roster_world w(s, partitions);
    w.comes("alice", alice + "/home");
    w.sends("alice", "subscribe", juliet);
    CHECK(w.deliver(bare_presence("subscribed", juliet, alice + "/gone")).empty());
    CHECK(w.roster("alice") == item_of(juliet, "subscription='none' ask='subscribe'"));
    CHECK(w.deliver(bare_presence("subscribed", juliet, alice + "/home")).size() == 2);
    CHECK(w.roster("alice") == item_of(juliet, "subscription='to'"));
    CHECK(w.deliver(bare_presence("unsubscribed", juliet, alice + "/gone")).empty());
    // A request is for the person.
    CHECK(w.deliver(bare_presence("subscribe", juliet, alice + "/gone")) ==
          lines{"alice <- " + bare_presence("subscribe", juliet, alice)});
    CHECK(w.deliver(bare_presence("unsubscribe", juliet, alice + "/gone")).empty());
    CHECK(w.deliver(bare_presence("unsubscribe", juliet, alice)).size() == 1);
  }
}

TEST_CASE("subscriptions: RFC 6121 section 3.1.3: who is subscribed already is answered by the server") {
  pair w;
  w.befriend();
  w.sends("alice", "unsubscribed", bob);  // out of step: bob hears of it
  w.befriend();
  CHECK(w.sends("bob", "subscribe", alice).empty());  // granted by the server, and nothing new to bob
  auto s = example();
  s.other_domains = true;
  roster_world remote(s);
  remote.comes("alice", alice + "/home");
  const auto ask = bare_presence("subscribe", "juliet@capulet.example", alice);
  CHECK(remote.deliver(ask).size() == 1);
  remote.sends("alice", "subscribed", "juliet@capulet.example");
  CHECK(remote.deliver(ask) == lines{"others <- " + bare_presence("subscribed", alice, "juliet@capulet.example")});
}

TEST_CASE(
    "subscriptions: RFC 6121 section 3.1.3: a request waits, whole, over restarts, and is delivered at each initial presence") {
  roster_world w;
  w.account(alice);
  w.comes("bob", bob + "/b");
  const std::string ask =
      "<presence from='bob@example.org' to='alice@example.org' type='subscribe' id='7'><x xmlns='urn:x'>&lt;</x></presence>";
  CHECK(w.says("bob", "<presence to='alice@example.org' type='subscribe' id='7'><x xmlns='urn:x'>&lt;</x></presence>").size() ==
        1);
  CHECK(w.storage.entry(alice, storage::entry_kind::subscription_request, bob) == ask);
  CHECK(w.says("bob", "<presence to='alice@example.org' type='subscribe' id='8'/>").empty());  // one is enough
  CHECK(w.comes("home", alice + "/home") == lines{"home <- <presence from='alice@example.org/home'/>", "home <- " + ask});
  CHECK(w.says("home", "<presence><show>away</show></presence>").size() == 1);  // not again
  const auto phone = w.comes("phone", alice + "/phone");
  CHECK(std::count(phone.begin(), phone.end(), "phone <- " + ask) == 1);
  w.gone("home");
  w.gone("phone");
  CHECK(w.comes("home", alice + "/home").back() == "home <- " + ask);
  w.sends("home", "subscribed", bob);
  w.gone("home");
  CHECK(w.comes("home", alice + "/home") == lines{"home <- <presence from='alice@example.org/home'/>",
                                                  "bob <- <presence to='bob@example.org' from='alice@example.org/home'/>"});
  CHECK(w.roster("bob") == item_of(alice, "subscription='to'"));
}

TEST_CASE("subscriptions: RFC 6121 section 3.4: approved before being asked") {
  pair w;
  CHECK(without_push_ids(w.sends("alice", "subscribed", bob)) ==
        lines{push_of("alice", alice + "/home", item_of(bob, "subscription='none' approved='true'"))});
  CHECK(w.sends("alice", "subscribed", bob).empty());
  CHECK(sorted(w.sends("bob", "subscribe", alice)) ==
        sorted({push_of("bob", bob + "/b", item_of(alice, "subscription='none' ask='subscribe'")),
                push_of("alice", alice + "/home", item_of(bob, "subscription='from' approved='true'")),
                push_of("bob", bob + "/b", item_of(alice, "subscription='to'")),
                "bob <- " + bare_presence("subscribed", alice, bob),
                "bob <- <presence to='bob@example.org' from='alice@example.org/home'/>"}));
  w.sends("alice", "unsubscribed", bob);
  CHECK(w.roster("alice") == item_of(bob, "subscription='none'"));
  w.sends("alice", "subscribed", bob);
  CHECK(w.sends("alice", "unsubscribed", bob).size() == 1);  // taken back, which is nobody else's business
  w.sends("bob", "subscribe", alice);
  CHECK(w.roster("bob") == item_of(alice, "subscription='none' ask='subscribe'"));
}

TEST_CASE("subscriptions: a request that may not have arrived is sent again at the next initial presence") {
  auto s = example();
  s.other_domains = true;
  roster_world w(s);
  w.comes("alice", alice + "/home");
  w.sends("alice", "subscribe", "transport.example.com");
  w.gone("alice");
  CHECK(w.comes("alice", alice + "/home") == lines{"others <- " + bare_presence("subscribe", alice, "transport.example.com"),
                                                   "alice <- <presence from='alice@example.org/home'/>"});
}

TEST_CASE("subscriptions: they end with the account") {
  for (const std::uint32_t partitions : {1U, 4U}) {
    roster_world w(example(true), partitions);
    w.comes("alice", alice + "/home");
    w.comes("bob", bob + "/b");
    w.sends("alice", "subscribe", bob);
    w.sends("bob", "subscribed", alice);
    w.sends("bob", "subscribe", alice);
    w.sends("alice", "subscribed", bob);
    w.sends("alice", "subscribe", "carol@example.org");
    const auto log = w.says("alice", "<iq type='set' id='r'><query xmlns='jabber:iq:register'><remove/></query></iq>");
    for (const auto* type : {"unsubscribe", "unsubscribed"})
      CHECK(std::count(log.begin(), log.end(), "bob <- " + bare_presence(type, alice, bob)) == 1);
    CHECK(w.roster("bob") == item_of(alice, "subscription='none'"));
    CHECK_FALSE(w.of(alice).has_account(alice));
  }
}

TEST_CASE("subscriptions: what cannot be asked for") {
  pair w;
  CHECK(contains(w.sends("alice", "subscribe", alice).at(0), "not-allowed"));
  CHECK(contains(w.sends("alice", "subscribe", alice + "/desk").at(0), "not-allowed"));
  CHECK(contains(w.sends("alice", "subscribe", "example.org").at(0), "feature-not-implemented"));
  CHECK(contains(w.sends("alice", "subscribe", "x@elsewhere.org").at(0), "remote-server-not-found"));
  CHECK(w.roster("alice").empty());
  w.sends("alice", "subscribe", "nobody@example.org");  // ignored there: 8.5.1
  CHECK(w.roster("alice") == item_of("nobody@example.org", "subscription='none' ask='subscribe'"));
  CHECK(w.sends("alice", "unsubscribe", "nobody@example.org").size() == 1);
  CHECK(w.roster("alice") == item_of("nobody@example.org", "subscription='none'"));
}

TEST_CASE("subscriptions: requests are bounded, in number and in size") {
  auto s = example();
  s.max_subscription_requests = 2;
  roster_world w(s);
  w.account(alice);
  for (const auto* name : {"u1", "u2", "u3"}) w.comes(name, std::string(name) + "@example.org/x");
  CHECK(contains(w.says("u1", "<presence type='subscribe' to='alice@example.org'><status>" + std::string(9'000, 'x') +
                                  "</status></presence>")
                     .at(0),
                 "ask='subscribe'"));
  CHECK(w.storage.entry(alice, storage::entry_kind::subscription_request, "u1@example.org") == "(none)");
  w.sends("u1", "subscribe", alice);
  w.sends("u2", "subscribe", alice);
  w.sends("u3", "subscribe", alice);
  CHECK(w.storage.entry(alice, storage::entry_kind::subscription_request, "u2@example.org") != "(none)");
  CHECK(w.storage.entry(alice, storage::entry_kind::subscription_request, "u3@example.org") == "(none)");
}

TEST_CASE("subscriptions: accounts elsewhere: who has been here is known when he is away, and nobody else") {
  auto s = example();
  s.accounts_elsewhere = true;
  roster_world w(s);
  w.starts("alice", alice + "/home");
  w.says("alice", "<presence/>");
  w.starts("bob", bob + "/b");
  w.says("bob", "<presence/>");
  w.sends("alice", "subscribe", bob);
  w.sends("bob", "subscribed", alice);
  w.gone("bob");
  CHECK(w.sends("alice", "unsubscribe", bob).empty());
  CHECK(w.storage.entry(bob, storage::entry_kind::roster_item, alice) == item_of(alice, "subscription='none'"));
  w.sends("alice", "subscribe", bob);
  CHECK(contains(w.storage.entry(bob, storage::entry_kind::subscription_request, alice), "type='subscribe'"));
  w.sends("alice", "subscribe", "carol@example.org");
  CHECK(w.storage.entry("carol@example.org", storage::entry_kind::subscription_request, alice) == "(none)");
  CHECK_FALSE(w.of(bob).has_account(bob));
}

TEST_CASE("subscriptions: what a guest has is gone with it") {
  auto s = example();
  s.guests = true;
  roster_world w(s);
  const std::string guest = "0f8fad5b-d9cb-469f-a165-70867728950e@example.org";
  w.comes("bob", bob + "/b");
  w.starts("guest", guest + "/g");
  w.says("guest", "<presence/>");
  w.sends("guest", "subscribe", bob);
  w.sends("bob", "subscribed", guest);
  CHECK(w.roster("guest") == item_of(bob, "subscription='to'"));
  CHECK(w.storage.entry(guest, storage::entry_kind::roster_item, bob) == "(none)");
  w.gone("guest");
  CHECK_FALSE(w.of(guest).has_account(guest));
  w.starts("guest", guest + "/g");
  CHECK(w.roster("guest").empty());
}

// Contacts come from the storage when they are needed, and what is said of a change waits for it.

#include "roster_world.hpp"

using namespace couplet;
using namespace couplet::session;
using namespace couplet::session::testing;

namespace {

const std::string alice = "alice@example.org";
const std::string bob = "bob@example.org";
constexpr auto full = storage_outcome::full;
constexpr auto unavailable = storage_outcome::unavailable;

}  // namespace

TEST_CASE("roster storage: nobody hears of a change before it is stored; what comes meanwhile is worked on in its order") {
  roster_world w;
  w.comes("alice", alice + "/home");
  w.storage_waits = true;
  CHECK(w.sets("alice", "<item jid='bob@example.org' name='1'/>").empty());
  CHECK(w.sets("alice", "<item jid='bob@example.org' name='2'/>").empty());
  CHECK(w.says("alice", "<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>").empty());
  CHECK(w.says("alice", "<presence><show>away</show></presence>").empty());
  // What needs no contacts does not wait.
  CHECK(w.says("alice", "<message to='alice@example.org/home'/>").size() == 1);
  const auto log = w.storage_answers();
  REQUIRE(log.size() == 6);
  CHECK(contains(log[0], "name='1'"));
  CHECK(contains(log[1], "<iq type='result' id='s'"));
  CHECK(contains(log[2], "name='2'"));
  CHECK(contains(log[3], "<iq type='result' id='s'"));
  CHECK(contains(log[4], "<iq type='result' id='r'"));
  CHECK(contains(log[4], "name='2'"));
  CHECK(contains(log[5], "<show>away</show>"));
}

TEST_CASE("roster storage: what is not stored has not happened, and is said to whom it concerns") {
  for (const auto why : {full, unavailable}) {
    const auto* const condition = why == full ? "resource-constraint" : "internal-server-error";
    roster_world w;
    w.comes("alice", alice + "/home");
    w.comes("bob", bob + "/b");
    w.sets("alice", "<item jid='bob@example.org' name='1'/>");
    w.storage.broken = why;
    const auto set = w.sets("alice", "<item jid='bob@example.org' name='2'/>");
    REQUIRE(set.size() == 1);
    CHECK(contains(set[0], "alice <- <iq type='error' id='s'"));
    CHECK(contains(set[0], "<error type='wait'"));
    CHECK(contains(set[0], condition));
    const auto asked = w.sends("alice", "subscribe", bob);
    REQUIRE(asked.size() == 1);
    CHECK(contains(asked[0], "alice <- <presence type='error'"));
    CHECK(contains(asked[0], condition));
    w.storage.broken = storage_outcome::done;
    CHECK(w.roster("alice") == "<item jid='bob@example.org' name='1' subscription='none'/>");
  }
}

TEST_CASE("roster storage: a roster that cannot be read is asked for again; presence is answered meanwhile") {
  roster_world w;
  w.account(alice);
  w.starts("alice", alice + "/home");
  w.storage.broken = unavailable;
  const auto get = w.says("alice", "<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>");
  REQUIRE(get.size() == 1);
  CHECK(contains(get[0], "internal-server-error"));
  const auto presence = w.says("alice", "<presence id='p'/>");
  REQUIRE(presence.size() == 1);
  CHECK(contains(presence[0], "<presence type='error' id='p'"));
  w.storage.broken = storage_outcome::done;
  CHECK(w.says("alice", "<presence id='p'/>").size() == 1);
  CHECK(w.roster("alice").empty());
}

TEST_CASE("roster storage: what waits is bounded") {
  roster_world w;
  w.account(alice);
  w.starts("alice", alice + "/home");
  w.storage_waits = true;
  int taken = 0;
  lines log;
  while (taken < 10'000 && (log = w.says("alice", "<presence id='p'/>")).empty()) ++taken;
  CHECK(taken == 256);
  REQUIRE(log.size() == 1);
  CHECK(contains(log[0], "resource-constraint"));
  CHECK(w.storage_answers().size() == 256);
}

TEST_CASE("roster storage: who leaves before the roster is there was never available") {
  roster_world w;
  w.account(alice);
  w.comes("bob", bob + "/b");
  w.starts("alice", alice + "/home");
  w.storage_waits = true;
  CHECK(w.says("alice", "<presence/>").empty());
  CHECK(w.sends("bob", "subscribe", alice).empty());  // nothing is lost with her
  CHECK(w.gone("alice").empty());
  const auto log = w.storage_answers();
  CHECK(log.size() == 1);  // bob's push
  CHECK(w.storage.entry(alice, storage::entry_kind::subscription_request, bob) != "(none)");
  CHECK(w.comes("alice", alice + "/home").size() == 2);
}

TEST_CASE("roster storage: unavailable before the roster is there comes after the presence before it") {
  roster_world w;
  w.account(alice);
  w.starts("alice", alice + "/home");
  w.storage_waits = true;
  CHECK(w.says("alice", "<presence/>").empty());
  CHECK(w.says("alice", "<presence type='unavailable'/>").empty());
  CHECK(w.storage_answers() == lines{"alice <- <presence from='alice@example.org/home'/>",
                                     "alice <- <presence from='alice@example.org/home' type='unavailable'/>"});
}

TEST_CASE("roster storage: an account that is removed meanwhile takes what waits along") {
  roster_world w(example(true));
  w.comes("alice", alice + "/home");
  w.storage_waits = true;
  w.sets("alice", "<item jid='bob@example.org'/>");
  w.sets("alice", "<item jid='carol@example.org'/>");
  w.says("alice", "<iq type='set' id='r'><query xmlns='jabber:iq:register'><remove/></query></iq>");
  w.account(alice);
  w.starts("alice", alice + "/home");
  w.storage_answers();
  CHECK(w.roster("alice").empty());
}

TEST_CASE("roster storage: what is stored damaged is left out, and the rest is there") {
  roster_world w;
  w.storage.answer(storage_request(
      alice, change_entries({entry_change(entry_change::verb::put, storage::entry_kind::roster_item, "x@y", "<item/>"),
                             entry_change(entry_change::verb::put, storage::entry_kind::roster_item, "z@y", "not XML"),
                             entry_change(entry_change::verb::put, storage::entry_kind::roster_item, bob,
                                          "<item jid='bob@example.org' subscription='to'/>")})));
  w.account(alice);
  w.starts("alice", alice + "/home");
  CHECK(w.roster("alice") == "<item jid='bob@example.org' subscription='to'/>");
}

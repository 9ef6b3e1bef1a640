// Presence between contacts: RFC 6121 sections 4.2 to 4.6.

#include <algorithm>

#include "roster_world.hpp"

using namespace couplet;
using namespace couplet::session;
using namespace couplet::session::testing;

namespace {

const std::string alice = "alice@example.org";
const std::string bob = "bob@example.org";

lines sorted(lines log) {
  std::sort(log.begin(), log.end());
  return log;
}

/// alice and bob see each other, and are away.
struct friends : roster_world {
  explicit friends(std::uint32_t partitions = 1, const settings& s = example()) : roster_world(s, partitions) {
    comes("alice", alice + "/home");
    comes("bob", bob + "/b");
    sends("alice", "subscribe", bob);
    sends("bob", "subscribed", alice);
    sends("bob", "subscribe", alice);
    sends("alice", "subscribed", bob);
    gone("alice");
    gone("bob");
  }
};

std::string here(const std::string& name, const std::string& from, const std::string& to) {
  return name + " <- <presence to='" + to + "' from='" + from + "'/>";
}
std::string away(const std::string& name, const std::string& from, const std::string& to) {
  return name + " <- <presence to='" + to + "' from='" + from + "' type='unavailable'/>";
}

}  // namespace

TEST_CASE("presence: RFC 6121 sections 4.2, 4.4, 4.5: contacts learn of each other, and of each change") {
  for (const std::uint32_t partitions : {1U, 4U}) {
    CAPTURE(partitions);
    friends w(partitions);
    CHECK(w.comes("bob", bob + "/b") == lines{"bob <- <presence from='bob@example.org/b'/>"});
    CHECK(sorted(w.comes("home", alice + "/home")) ==
          sorted({"home <- <presence from='alice@example.org/home'/>", here("bob", alice + "/home", bob),
                  here("home", bob + "/b", alice + "/home")}));
    w.starts("phone", alice + "/phone");  // who is not available hears nothing
    CHECK(sorted(w.says("bob", "<presence><show>dnd</show></presence>")) ==
          sorted({"bob <- <presence from='bob@example.org/b'><show>dnd</show></presence>",
                  "home <- <presence to='alice@example.org' from='bob@example.org/b'><show>dnd</show></presence>"}));
    CHECK(sorted(w.says("phone", "<presence><priority>-1</priority></presence>")).size() == 5);
    CHECK(sorted(w.says("home", "<presence type='unavailable'><status>bye</status></presence>")) ==
          sorted({"home <- <presence from='alice@example.org/home' type='unavailable'><status>bye</status></presence>",
                  "phone <- <presence from='alice@example.org/home' type='unavailable'><status>bye</status></presence>",
                  "bob <- <presence to='bob@example.org' from='alice@example.org/home' "
                  "type='unavailable'><status>bye</status></presence>"}));
    CHECK(w.gone("home").empty());
    CHECK(w.gone("phone") == lines{away("bob", alice + "/phone", bob)});
  }
}

TEST_CASE("presence: several sessions of one account that end together are told of one by one") {
  friends w;
  w.comes("bob", bob + "/b");
  for (const auto* resource : {"1", "2"}) {
    w.starts(resource, alice + "/" + resource, true);
    w.says(resource, "<presence/>");
  }
  CHECK(sorted(w.c2s_gone("c2s.example.org")) == sorted({away("bob", alice + "/1", bob), away("bob", alice + "/2", bob)}));
  CHECK(w.comes("alice", alice + "/home").size() == 3);  // the roster is there again
}

TEST_CASE("presence: only those with a subscription, each in his direction") {
  for (const std::uint32_t partitions : {1U, 4U}) {
    roster_world w(example(), partitions);
    w.comes("bob", bob + "/b");
    w.comes("alice", alice + "/home");
    w.sends("alice", "subscribe", bob);
    w.sends("bob", "subscribed", alice);
    CHECK(w.says("alice", "<presence><show>away</show></presence>").size() == 1);  // bob may not see it
    CHECK(w.says("bob", "<presence><show>away</show></presence>").size() == 2);
    CHECK(w.gone("alice").empty());
    CHECK(w.comes("alice", alice + "/home").size() == 2);  // itself, bob
    CHECK(w.gone("bob").size() == 1);
    CHECK(sorted(w.comes("bob", bob + "/b")) ==
          sorted({"bob <- <presence from='bob@example.org/b'/>", here("alice", bob + "/b", alice)}));
  }
}

TEST_CASE("presence: RFC 6121 section 4.6.3: a contact who was told directly as well learns of the end once") {
  for (const std::uint32_t partitions : {1U, 4U}) {
    friends w(partitions);
    w.comes("bob", bob + "/b");
    for (const auto& to : {bob, bob + "/b"}) {
      w.comes("alice", alice + "/home");
      w.says("alice", "<presence to='" + to + "'/>");
      CHECK(w.gone("alice") == lines{away("bob", alice + "/home", bob)});
    }
  }
}

TEST_CASE(
    "presence: RFC 6121 sections 4.3.2, 4.6.6: a probe of one resource is told of that one, and no more than whether it is "
    "there") {
  for (const std::uint32_t partitions : {1U, 4U}) {
    auto s = example();
    s.other_domains = true;
    roster_world w(s, partitions);
    const std::string juliet = "juliet@capulet.example/balcony";
    const std::string me = "room@chat.example/me";
    const std::string phone = alice + "/phone";
    w.comes("home", alice + "/home");
    w.comes("phone", phone);
    w.says("phone", "<presence><show>xa</show></presence>");
    w.deliver("<presence type='subscribe' from='juliet@capulet.example' to='" + alice + "'/>");
    w.sends("phone", "subscribed", "juliet@capulet.example");
    const auto probe = [&w](const std::string& from, const std::string& to) {
      return w.deliver("<presence type='probe' id='7' from='" + from + "' to='" + to + "'/>");
    };
    const auto mere = [](const std::string& from, const std::string& to, const std::string& rest = {}) {
      return lines{"others <- <presence from='" + from + "' to='" + to + "'" + rest + "/>"};
    };
    const auto unknown = [&mere](const std::string& to) { return mere(alice, to, " type='unsubscribed' id='7'"); };
    CHECK(probe(juliet, phone) == mere(phone, juliet));
    CHECK(probe(juliet, alice + "/gone") == mere(alice + "/gone", juliet, " type='unavailable' id='7'"));
    CHECK(probe("tybalt@capulet.example/x", phone) == unknown("tybalt@capulet.example"));
    // Who was told directly may ask that one.
    w.says("phone", "<presence to='" + me + "'/>");
    CHECK(probe(me, phone) == mere(phone, me));
    CHECK(probe(me, alice + "/home") == unknown("room@chat.example"));
    CHECK(probe(me, alice) == unknown("room@chat.example"));
    CHECK(probe("room@chat.example/you", phone) == unknown("room@chat.example"));
    w.says("phone", "<presence type='unavailable'/>");
    CHECK(probe(me, phone) == unknown("room@chat.example"));
    CHECK(probe(juliet, phone) == mere(phone, juliet, " type='unavailable' id='7'"));
    w.says("phone", "<presence to='" + me + "'/>");  // connected only, and told
    CHECK(probe(me, phone) == mere(phone, me));
    w.says("home", "<presence type='unavailable'/>");
    CHECK(probe(juliet, alice) == mere(alice, juliet, " type='unavailable' id='7'"));
    CHECK(probe("tybalt@capulet.example", "nobody@example.org") ==
          mere("nobody@example.org", "tybalt@capulet.example", " type='unsubscribed' id='7'"));
  }
}

TEST_CASE("presence: a client's probe is answered by the same rules") {
  friends w;
  w.comes("bob", bob + "/b");
  w.comes("alice", alice + "/home");
  w.comes("carol", "carol@example.org/c");
  CHECK(w.says("bob", "<presence type='probe' to='alice@example.org'/>") == lines{here("bob", alice + "/home", bob + "/b")});
  CHECK(w.says("carol", "<presence type='probe' to='alice@example.org'/>").empty());  // unsubscribed is what she is: ignored
}

TEST_CASE("presence: a subscription that the contact's side does not know is healed by the probe") {
  for (const std::uint32_t partitions : {1U, 4U}) {
    friends w(partitions);
    w.comes("bob", bob + "/b");
    // As if alice's server had been taken back to an older state.
    w.storage.answer(
        storage_request(bob, change_entries(entry_change(entry_change::verb::remove, storage::entry_kind::roster_item, alice))));
    w.gone("bob");
    w.comes("bob", bob + "/b");
    const auto log = without_push_ids(w.comes("alice", alice + "/home"));
    CHECK(std::count(log.begin(), log.end(),
                     "alice <- <presence from='bob@example.org' to='alice@example.org' type='unsubscribed'/>") == 1);
    CHECK(w.roster("alice") == "<item jid='bob@example.org' subscription='from'/>");
  }
}

TEST_CASE("presence: RFC 6121 sections 4.2.2, 4.3.1: contacts in other domains are told and probed") {
  auto s = example();
  s.other_domains = true;
  roster_world w(s, 2);
  const std::string icq = "icq.example.com";
  w.comes("alice", alice + "/home");
  w.deliver("<presence type='subscribe' from='icq.example.com' to='alice@example.org'/>");
  w.sends("alice", "subscribed", icq);
  w.sends("alice", "subscribe", icq);
  w.deliver("<presence type='subscribed' from='icq.example.com' to='alice@example.org'/>");
  CHECK(w.roster("alice") == "<item jid='icq.example.com' subscription='both'/>");
  CHECK(w.gone("alice") == lines{away("others", alice + "/home", icq)});
  CHECK(sorted(w.comes("alice", alice + "/home")) ==
        sorted({"alice <- <presence from='alice@example.org/home'/>", here("others", alice + "/home", icq),
                "others <- <presence type='probe' from='alice@example.org' to='icq.example.com'/>"}));
  // What comes back is for all resources, or for the one that has asked.
  const std::string online = "<presence from='icq.example.com' to='alice@example.org'/>";
  CHECK(w.deliver(online) == lines{"alice <- " + online});
  const std::string failed = "<presence type='error' from='icq.example.com' to='alice@example.org/home'/>";
  CHECK(w.deliver(failed) == lines{"alice <- " + failed});
  CHECK(w.deliver("<presence type='error' from='icq.example.com' to='alice@example.org'/>").empty());
}

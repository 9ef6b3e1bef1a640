#include "world.hpp"

// XEP-0045 section 7.8.2: mediated invitations.

namespace couplet::muc {
namespace {

using namespace testing;

std::string invite(std::string_view to, std::string_view inside = "<reason>Hey!</reason>") {
  return "<x xmlns='http://jabber.org/protocol/muc#user'><invite to='" + std::string(to) + "'>" + std::string(inside) +
         "</invite></x>";
}

TEST_CASE("invitations: the room passes them on in its own name, with the password") {
  world w;
  w.make("crone/desk", "#cave", "one", {{"passwordprotectedroom", "1"}, {"roomsecret", "cauldron"}});
  CHECK(w.message("crone/desk", "#cave", invite("hag@example.org", "<reason>Hey &amp; ho</reason><continue thread='t1'/>"), "") ==
        lines{"hag <- message #cave invite"});
  CHECK(contains(w.last[0],
                 "<invite from='crone@example.org'><reason>Hey &amp; ho</reason><continue "
                 "thread='t1'/></invite><password>cauldron</password>"));
  const auto two =
      "<x xmlns='http://jabber.org/protocol/muc#user'><invite to='a@example.org'/><invite to='b@example.org/x'/></x>";
  CHECK(w.message("crone/desk", "#cave", two, "normal") == lines{"a <- message #cave invite", "b/x <- message #cave invite"});
}

TEST_CASE("invitations: who may invite") {
  struct row {
    const char *members_only, *everybody;
    std::string owner, member, participant;  // condition; empty: sent
  };
  const row table[] = {{"0", "1", "", "", ""},
                       {"0", "0", "", "forbidden", "forbidden"},
                       {"1", "1", "", "", "-"},
                       {"1", "0", "", "forbidden", "-"}};
  for (const auto& r : table) {
    world w;
    w.make("crone/desk", "#cave", "one", {{"membersonly", r.members_only}, {"allowinvites", r.everybody}});
    w.admin("crone/desk", "#cave", "<item affiliation='member' jid='member@example.org'/>");
    w.join("member/x", "#cave/member");
    w.join("hag/pda", "#cave/two");
    const auto outcome = [&w](std::string_view from) {
      const auto told = w.message(from, "#cave", invite("new@example.org"), "");
      REQUIRE(told.size() == 1);
      const auto mark = told[0].find('!');
      return mark == std::string::npos ? std::string() : told[0].substr(mark + 1);
    };
    CHECK(outcome("crone/desk") == r.owner);
    CHECK(outcome("member/x") == r.member);
    if (r.participant != "-") CHECK(outcome("hag/pda") == r.participant);
    CHECK(outcome("stranger/x") == "not-acceptable");
    // Who is invited into a room for members becomes one.
    CHECK(contains(w.join("new/x", "#cave/new").front(), "presence #cave") == true);
  }
}

TEST_CASE("invitations: what is wrong with them") {
  world w;
  w.make("crone/desk", "#cave", "one");
  CHECK(w.message("crone/desk", "#cave", invite("@"), "") == lines{"crone/desk <- message:error #cave !jid-malformed"});
  CHECK(w.message("crone/desk", "#cave", invite("a@example.org", "<reason>" + std::string(2049, 'r') + "</reason>"), "") ==
        lines{"crone/desk <- message:error #cave !not-acceptable"});
}

TEST_CASE("invitations: declinations go to the one who has invited, and to nobody who is not there") {
  world w;
  w.make("crone/desk", "#cave", "one");
  const auto decline = [&w](std::string_view to) {
    return w.message(
        "hag/pda", "#cave",
        "<x xmlns='http://jabber.org/protocol/muc#user'><decline to='" + std::string(to) + "'><reason>no</reason></decline></x>",
        "");
  };
  CHECK(decline("crone@example.org") == lines{"crone/desk <- message #cave decline"});
  CHECK(contains(w.last[0], "<decline from='hag@example.org'><reason>no</reason></decline>"));
  CHECK(decline("cave@chat.example.org/one") == lines{"crone/desk <- message #cave decline"});
  CHECK(decline("victim@example.org") == lines{"hag/pda <- message:error #cave !item-not-found"});
  w.admin("crone/desk", "#cave", "<item affiliation='outcast' jid='hag@example.org'/>");
  CHECK(decline("crone@example.org") == lines{"hag/pda <- message:error #cave !forbidden"});
}

}  // namespace
}  // namespace couplet::muc

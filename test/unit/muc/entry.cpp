#include "world.hpp"

// XEP-0045 sections 7.2 (entering), 7.6 (nicknames), 7.7 (availability), 7.14 (exits), 10.1 (new rooms).

namespace couplet::muc {
namespace {

using namespace testing;

TEST_CASE("entry: a new room is its first occupant's, and locked until he has configured it (10.1)") {
  world w;
  CHECK(w.join("crone/desk", "#cave/one") == lines{
                                                 "crone/desk <- presence #cave/one owner/moderator jid=crone/desk 201 110",
                                                 "crone/desk <- message:groupchat #cave subject=",
                                             });
  CHECK(contains(w.last[0], "id='q1'"));
  CHECK(w.join("hag/pda", "#cave/two") == lines{"hag/pda <- presence:error #cave/two !item-not-found"});
  CHECK(w.says("hag/pda", "#cave", "hi") == lines{"hag/pda <- message:error #cave !item-not-found"});
  CHECK(w.owner("crone/desk", "#cave", "<x xmlns='jabber:x:data' type='submit'/>") == lines{"crone/desk <- iq:result #cave"});
  CHECK(w.join("hag/pda", "#cave/two").size() == 4);
}

TEST_CASE("entry: the owner who cancels, or leaves before, has no room (10.1.3)") {
  world w;
  w.join("crone/desk", "#cave/one");
  CHECK(w.owner("crone/desk", "#cave", "<x xmlns='jabber:x:data' type='cancel'/>") ==
        lines{"crone/desk <- iq:result #cave", "crone/desk <- presence:unavailable #cave/one none/none destroy 110"});
  CHECK(w.machine().room_count() == 0);
  w.join("crone/desk", "#cave/one");
  w.leave("crone/desk", "#cave/one");
  CHECK(w.machine().room_count() == 0);
  CHECK(contains(w.join("hag/pda", "#cave/two").front(), "201"));
}

TEST_CASE("entry: the others first, then oneself, then the past, then the subject (7.1)") {
  world w;
  w.make("crone/desk", "#cave", "one");
  w.says("crone/desk", "#cave", "boil");
  w.message("crone/desk", "#cave", "<subject>fire</subject>");
  w.join("wiccarocks/lap", "#cave/two");
  CHECK(w.join("hag/pda", "#cave/three") == lines{
                                                "hag/pda <- presence #cave/one owner/moderator",
                                                "hag/pda <- presence #cave/two none/participant",
                                                "crone/desk <- presence #cave/three none/participant jid=hag/pda",
                                                "wiccarocks/lap <- presence #cave/three none/participant",
                                                "hag/pda <- presence #cave/three none/participant jid=hag/pda 110",
                                                "hag/pda <- message:groupchat #cave/one body=boil past",
                                                "hag/pda <- message:groupchat #cave/one subject=fire past",
                                            });
}

TEST_CASE("entry: what the newcomer is told of the room") {
  struct row {
    std::vector<std::pair<std::string, std::string>> fields;
    std::string codes;
  };
  const row table[] = {
      {{}, "110"},
      {{{"whois", "anyone"}}, "100 110"},
      {{{"enablelogging", "1"}}, "170 110"},
      {{{"whois", "anyone"}, {"enablelogging", "1"}}, "100 170 110"},
  };
  for (const auto& r : table) {
    world w;
    w.make("crone/desk", "#cave", "one", r.fields);
    const auto told = w.join("hag/pda", "#cave/two");
    const auto own =
        std::find_if(told.begin(), told.end(), [](const auto& l) { return l.starts_with("hag/pda <- presence #cave/two"); });
    REQUIRE(own != told.end());
    CHECK(*own == "hag/pda <- presence #cave/two none/participant jid=hag/pda " + r.codes);
  }
  world w;
  CHECK(contains(w.join("hag/pda", "#cave/\xC2\xAA").front(), " 210 110"));  // resourceprep makes another nickname of it
}

TEST_CASE("entry: real addresses are for moderators, or in a non-anonymous room for everybody (7.2.3, 7.2.4)") {
  for (const bool anyone : {false, true}) {
    world w;
    w.make("crone/desk", "#cave", "one", {{"whois", anyone ? "anyone" : "moderators"}});
    w.join("wiccarocks/lap", "#cave/two");
    const auto told = w.join("hag/pda", "#cave/three");
    CHECK(std::count(told.begin(), told.end(), "crone/desk <- presence #cave/three none/participant jid=hag/pda") == 1);
    CHECK(std::count(told.begin(), told.end(),
                     "wiccarocks/lap <- presence #cave/three none/participant" + std::string(anyone ? " jid=hag/pda" : "")) == 1);
    CHECK(std::count(told.begin(), told.end(),
                     "hag/pda <- presence #cave/two none/participant" + std::string(anyone ? " jid=wiccarocks/lap" : "")) == 1);
  }
}

TEST_CASE("entry: who may not enter is told why (7.2.5 to 7.2.11)") {
  struct row {
    std::vector<std::pair<std::string, std::string>> fields;
    std::string who, nick, inside, condition;  // none: he is in
  };
  const row table[] = {
      {{{"passwordprotectedroom", "1"}, {"roomsecret", "cauldronburn"}}, "hag/pda", "x", "", "not-authorized"},
      {{{"passwordprotectedroom", "1"}, {"roomsecret", "cauldronburn"}},
       "hag/pda",
       "x",
       "<password>no</password>",
       "not-authorized"},
      {{{"passwordprotectedroom", "1"}, {"roomsecret", "cauldronburn"}}, "hag/pda", "x", "<password>cauldronburn</password>", ""},
      {{{"membersonly", "1"}}, "hag/pda", "x", "", "registration-required"},
      {{{"membersonly", "1"}}, "member/pda", "x", "", ""},
      {{}, "outcast/pda", "x", "", "forbidden"},
      {{}, "hag/pda", "one", "", "conflict"},
      {{}, "hag/pda", "reserved", "", "conflict"},
      {{}, "member/pda", "reserved", "", ""},
      {{}, "hag/pda", "   ", "", "jid-malformed"},
      {{}, "hag/pda", std::string(257, 'x'), "", "not-acceptable"},
      {{{"maxusers", "1"}}, "hag/pda", "x", "", "service-unavailable"},
      {{{"maxusers", "1"}}, "admin/pda", "x", "", ""},
      {{{"maxusers", "2"}}, "hag/pda", "x", "", ""},
  };
  for (const auto& r : table) {
    world w;
    w.make("crone/desk", "#cave", "one", r.fields);
    w.admin("crone/desk", "#cave",
            "<item affiliation='outcast' jid='outcast@example.org'/><item affiliation='admin' jid='admin@example.org'/>"
            "<item affiliation='member' jid='member@example.org' nick='reserved'/>");
    const auto told = w.join(r.who, "#cave/" + r.nick, r.inside);
    CAPTURE(r.nick);
    CAPTURE(r.who);
    REQUIRE(!told.empty());
    if (r.condition.empty()) {
      CHECK(w.machine().occupant_count() == 2);
    } else {
      CHECK(told == lines{r.who + " <- presence:error #cave/" + r.nick + " !" + r.condition});
      CHECK(w.machine().occupant_count() == 1);
    }
  }
}

TEST_CASE("entry: without a nickname there is none (7.2.1)") {
  world w;
  CHECK(w.join("hag/pda", "#cave") == lines{"hag/pda <- presence:error #cave !jid-malformed"});
  CHECK(w.machine().room_count() == 0);
}

TEST_CASE("entry: what comes from nobody is answered to nobody") {
  world w;
  for (const auto* from : {"", " from=''", " from='@'"})
    for (const auto* name : {"presence", "message", "iq type='get' id='1'", "a"})
      CHECK(w.raw(std::string("<") + name + from + " to='cave@chat.example.org'/>").empty());
  CHECK(w.raw("<presence from='hag@example.org/pda'/>").size() == 1);
  CHECK(w.machine().room_count() == 0);
}

TEST_CASE("entry: presence without <x/> from somebody who is not there is a kick, and no join of the old protocol (7.2.15)") {
  world w;
  CHECK(w.presence("hag/pda", "#cave/x") == lines{"hag/pda <- presence:unavailable #cave/x none/none 110 307 333"});
  w.make("crone/desk", "#cave", "one");
  CHECK(w.presence("hag/pda", "#cave/x") == lines{"hag/pda <- presence:unavailable #cave/x none/none 110 307 333"});
}

TEST_CASE("entry: who enters once more gets all of it again (7.2.1)") {
  world w;
  w.make("crone/desk", "#cave", "one");
  w.join("hag/pda", "#cave/two");
  w.says("crone/desk", "#cave", "boil");
  CHECK(w.join("hag/pda", "#cave/two") == lines{
                                              "hag/pda <- presence #cave/one owner/moderator",
                                              "crone/desk <- presence #cave/two none/participant jid=hag/pda",
                                              "hag/pda <- presence #cave/two none/participant jid=hag/pda 110",
                                              "hag/pda <- message:groupchat #cave/one body=boil past",
                                              "hag/pda <- message:groupchat #cave subject=",
                                          });
  CHECK(w.machine().occupant_count() == 2);
}

TEST_CASE("entry: sessions of one user share a nickname (7.2.8)") {
  world w;
  w.make("crone/desk", "#cave", "one");
  w.join("hag/pda", "#cave/two");
  CHECK(w.join("hag/lap", "#cave/two") == lines{
                                              "hag/lap <- presence #cave/one owner/moderator",
                                              "crone/desk <- presence #cave/two none/participant jid=hag/lap",
                                              "hag/pda <- presence #cave/two none/participant jid=hag/lap 110",
                                              "hag/lap <- presence #cave/two none/participant jid=hag/lap 110",
                                              "hag/lap <- message:groupchat #cave subject=",
                                          });
  CHECK(w.machine().occupant_count() == 2);
  CHECK(w.says("hag/pda", "#cave", "double").size() == 3);
  // One of them goes: the others see him all the same.
  CHECK(w.leave("hag/pda", "#cave/two") == lines{"hag/pda <- presence:unavailable #cave/two none/none jid=hag/lap 110"});
  CHECK(w.says("hag/lap", "#cave", "toil").size() == 2);
  CHECK(w.leave("hag/lap", "#cave/two") == lines{"crone/desk <- presence:unavailable #cave/two none/none jid=hag/lap",
                                                 "hag/lap <- presence:unavailable #cave/two none/none jid=hag/lap 110"});
}

TEST_CASE("entry: what was shown of a session that goes is taken back") {
  world w;
  w.make("crone/desk", "#cave", "one");
  w.join("hag/pda", "#cave/two");
  w.join("hag/lap", "#cave/two");
  w.presence("hag/lap", "#cave/two", "<show>away</show>");
  w.leave("hag/lap", "#cave/two");
  REQUIRE(w.last.size() == 3);
  CHECK_FALSE(contains(w.last[1], "away"));
  CHECK(contains(w.last[1], "to='crone@example.org/desk'"));
}

TEST_CASE("entry: a nickname is changed by presence to another one (7.6)") {
  world w;
  w.make("crone/desk", "#cave", "one");
  w.join("hag/pda", "#cave/two");
  CHECK(w.presence("hag/pda", "#cave/old") ==
        lines{
            "crone/desk <- presence:unavailable #cave/two none/participant jid=hag/pda nick=old 303",
            "hag/pda <- presence:unavailable #cave/two none/participant jid=hag/pda nick=old 303 110",
            "crone/desk <- presence #cave/old none/participant jid=hag/pda",
            "hag/pda <- presence #cave/old none/participant jid=hag/pda 110",
        });
  CHECK(w.presence("hag/pda", "#cave/one") == lines{"hag/pda <- presence:error #cave/one !conflict"});
  CHECK(w.says("hag/pda", "#cave", "hi").back() == "crone/desk <- message:groupchat #cave/old body=hi");
}

TEST_CASE("entry: changes of availability go to all (7.7)") {
  world w;
  w.make("crone/desk", "#cave", "one");
  w.join("hag/pda", "#cave/two");
  w.presence("hag/pda", "#cave/two",
             "<show>xa</show><status>gone &amp; where</status><c xmlns='http://jabber.org/protocol/caps'/>");
  REQUIRE(w.last.size() == 2);
  for (const auto& xml : w.last) {
    CHECK(contains(xml, "<show>xa</show><status>gone &amp; where</status><c xmlns='http://jabber.org/protocol/caps'/>"));
  }
}

TEST_CASE("entry: exits (7.14), and presence that means nothing here") {
  world w;
  w.make("crone/desk", "#cave", "one");
  w.join("hag/pda", "#cave/two");
  CHECK(w.presence("hag/pda", "#cave/two", "<status>bye</status>", "unavailable") ==
        lines{"crone/desk <- presence:unavailable #cave/two none/none jid=hag/pda",
              "hag/pda <- presence:unavailable #cave/two none/none jid=hag/pda 110"});
  CHECK(contains(w.last[0], "<status>bye</status>"));
  CHECK(w.leave("hag/pda", "#cave/two").empty());
  for (const auto* type : {"probe", "unsubscribe", "subscribed", "unsubscribed"})
    CHECK(w.presence("hag/pda", "#cave/two", "", type).empty());
  CHECK(w.presence("hag/pda", "#cave", "", "subscribe") == lines{"hag/pda <- presence:error #cave !service-unavailable"});
  w.leave("crone/desk", "#cave/one");
  CHECK(w.machine().room_count() == 0);  // a temporary room
}

TEST_CASE("entry: who cannot be reached is removed, and the others are told that it was no choice of his (11.1)") {
  for (const auto* condition :
       {"service-unavailable", "recipient-unavailable", "remote-server-not-found", "gone", "item-not-found"}) {
    for (const auto* name : {"message", "presence"}) {
      world w;
      w.make("crone/desk", "#cave", "one");
      w.join("hag/pda", "#cave/two");
      const std::string error =
          "<error type='cancel'><" + std::string(condition) + " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";
      CHECK(w.sends(world::stanza(name, "hag/pda", "#cave/one", error, "error")) ==
            lines{"crone/desk <- presence:unavailable #cave/two none/none jid=hag/pda 333",
                  "hag/pda <- presence:unavailable #cave/two none/none jid=hag/pda 333 110"});
      CHECK(w.sends(world::stanza(name, "hag/pda", "#cave/one", error, "error")).empty());
    }
  }
}

TEST_CASE("entry: only presence of roles that are broadcast is shown") {
  world w;
  w.make("crone/desk", "#cave", "one", {{"moderatedroom", "1"}, {"presencebroadcast", "moderator"}});
  CHECK(w.join("hag/pda", "#cave/two") == lines{"hag/pda <- presence #cave/one owner/moderator",
                                                "hag/pda <- presence #cave/two none/visitor jid=hag/pda 110",
                                                "hag/pda <- message:groupchat #cave subject="});
  CHECK(w.leave("hag/pda", "#cave/two").size() == 1);
  CHECK(w.join("crone/two", "#cave/three").size() == 4);
}

}  // namespace
}  // namespace couplet::muc

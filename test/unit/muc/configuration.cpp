#include "world.hpp"

// XEP-0045 sections 10.1, 10.2 (configuration), 10.9 (destruction), 7.10 and 7.12 (registration).

namespace couplet::muc {
namespace {

using namespace testing;

TEST_CASE("configuration: the form is for owners, and says what is (10.2)") {
  world w;
  w.make("crone/desk", "#cave", "one", {{"roomname", "A &lt;Dark&gt; Cave"}, {"maxusers", "7"}});
  CHECK(w.owner("crone/desk", "#cave", "", "get") == lines{"crone/desk <- iq:result #cave"});
  const auto form = w.last[0];
  for (const auto* part : {"<value>A &lt;Dark&gt; Cave</value>", "var='muc#roomconfig_persistentroom' type='boolean'",
                           "var='muc#roomconfig_whois'", "<value>crone@example.org</value>",
                           "var='muc#roomconfig_roomsecret' type='text-private'", "<option label='7'><value>7</value>"}) {
    CAPTURE(part);
    CHECK(contains(form, part));
  }
  CHECK(w.owner("hag/pda", "#cave", "", "get") == lines{"hag/pda <- iq:error #cave !forbidden"});
  CHECK(w.configure("hag/pda", "#cave", {}) == lines{"hag/pda <- iq:error #cave !forbidden"});
  CHECK(w.owner("crone/desk", "#cave", "<x xmlns='jabber:x:data' type='cancel'/>") == lines{"crone/desk <- iq:result #cave"});
  CHECK(w.owner("crone/desk", "#cave", "") == lines{"crone/desk <- iq:error #cave !bad-request"});
  CHECK(w.owner("crone/desk", "#nowhere", "", "get") == lines{"crone/desk <- iq:error #nowhere !item-not-found"});
}

TEST_CASE("configuration: what is wrong is named, and nothing changes") {
  struct row {
    const char *field, *value;
  };
  const row table[] = {
      {"persistentroom", "maybe"},
      {"whois", "me"},
      {"allowpm", "some"},
      {"presencebroadcast", "none"},
      {"maxusers", "-1"},
      {"maxusers", "1001"},
      {"maxusers", "many"},
      {"muc#maxhistoryfetch", "101"},
      {"passwordprotectedroom", "1"},
      {"roomowners", "nobody"},
      {"roomadmins", "@"},
  };
  for (const auto& r : table) {
    world w;
    w.make("crone/desk", "#cave", "one");
    CAPTURE(r.field);
    CHECK(w.configure("crone/desk", "#cave", {{"roomname", "new"}, {r.field, r.value}}) ==
          lines{"crone/desk <- iq:error #cave !not-acceptable"});
    const std::string field = std::string(r.field) == "passwordprotectedroom" ? "roomsecret" : r.field;
    CHECK(contains(w.last[0], field));
    w.owner("crone/desk", "#cave", "", "get");
    CHECK_FALSE(contains(w.last[0], "<value>new</value>"));
  }
  world w;
  w.make("crone/desk", "#cave", "one");
  CHECK(contains(w.configure("crone/desk", "#cave", {{"roomname", std::string(257, 'n')}}).front(), "!not-acceptable"));
  CHECK(contains(w.configure("crone/desk", "#cave", {{"roomowners", ""}}).front(), "!conflict"));  // a room needs one
}

TEST_CASE("configuration: occupants are told what kind of change it was (10.2.1)") {
  struct row {
    const char *field, *value;
    std::string codes;
  };
  const row table[] = {{"roomname", "x", " 104"},
                       {"enablelogging", "1", " 170"},
                       {"whois", "anyone", " 172"},
                       {"changesubject", "1", " 104"},
                       {"roomname", "", ""}};
  for (const auto& r : table) {
    world w;
    w.make("crone/desk", "#cave", "one");
    w.join("hag/pda", "#cave/two");
    const auto told = w.configure("crone/desk", "#cave", {{r.field, r.value}});
    CAPTURE(r.field);
    lines expected{"crone/desk <- iq:result #cave"};
    if (!r.codes.empty())
      for (const auto* who : {"crone/desk", "hag/pda"})
        expected.push_back(std::string(who) + " <- message:groupchat #cave" + r.codes);
    CHECK(told == expected);
  }
  world w;
  w.make("crone/desk", "#cave", "one", {{"enablelogging", "1"}, {"whois", "anyone"}});
  CHECK(w.configure("crone/desk", "#cave", {{"enablelogging", "0"}, {"whois", "moderators"}}) ==
        lines{"crone/desk <- iq:result #cave", "crone/desk <- message:groupchat #cave 171",
              "crone/desk <- message:groupchat #cave 173"});
}

TEST_CASE("configuration: lists of owners and admins are whole lists") {
  world w;
  w.make("crone/desk", "#cave", "one");
  w.join("hag/pda", "#cave/two");
  const std::string both =
      "<x xmlns='jabber:x:data' type='submit'><field var='muc#roomconfig_roomowners'><value>crone@example.org</value>"
      "<value>hag@example.org/pda</value></field><field "
      "var='muc#roomconfig_roomadmins'><value>wicca@example.org</value></field></x>";
  CHECK(w.owner("crone/desk", "#cave", both) == lines{"crone/desk <- iq:result #cave",
                                                      "crone/desk <- presence #cave/two owner/moderator jid=hag/pda actor=one",
                                                      "hag/pda <- presence #cave/two owner/moderator jid=hag/pda actor=one 110"});
  w.admin("hag/pda", "#cave", "<item affiliation='admin'/>", "get");
  CHECK(contains(w.last[0], "wicca@example.org"));
  CHECK(w.configure("hag/pda", "#cave", {{"roomowners", "hag@example.org"}})[2] ==
        "crone/desk <- presence #cave/one none/participant jid=crone/desk actor=two 110");
}

TEST_CASE("configuration: a persistent room stays, a temporary one goes with the last one") {
  world w;
  w.make("crone/desk", "#cave", "one", {{"persistentroom", "1"}});
  w.leave("crone/desk", "#cave/one");
  CHECK(w.machine().room_count() == 1);
  CHECK(w.configure("crone/desk", "#cave", {{"persistentroom", "0"}}) == lines{"crone/desk <- iq:result #cave"});
  CHECK(w.machine().room_count() == 0);
}

TEST_CASE("configuration: destruction with reason and venue (10.9)") {
  world w;
  w.make("crone/desk", "#cave", "one", {{"persistentroom", "1"}});
  w.join("hag/pda", "#cave/two");
  CHECK(w.owner("hag/pda", "#cave", "<destroy/>") == lines{"hag/pda <- iq:error #cave !forbidden"});
  CHECK(w.owner("crone/desk", "#cave", "<destroy jid='@@'/>") == lines{"crone/desk <- iq:error #cave !jid-malformed"});
  CHECK(w.owner("crone/desk", "#cave",
                "<destroy jid='heath@chat.example.org'><reason>Macbeth &amp; co</reason><password>p</password></destroy>") ==
        lines{"crone/desk <- iq:result #cave", "crone/desk <- presence:unavailable #cave/one none/none destroy 110",
              "hag/pda <- presence:unavailable #cave/two none/none destroy 110"});
  CHECK(contains(w.last[1],
                 "<destroy jid='heath@chat.example.org'><password>p</password><reason>Macbeth &amp; co</reason></destroy>"));
  CHECK(w.machine().room_count() == 0);
}

TEST_CASE("configuration: registration (7.10, 7.12)") {
  const auto query = [](std::string_view content) {
    return "<query xmlns='jabber:iq:register'>" + std::string(content) + "</query>";
  };
  const auto form = [&query](std::string_view nick) {
    return query(
        "<x xmlns='jabber:x:data' type='submit'><field "
        "var='FORM_TYPE'><value>http://jabber.org/protocol/muc#register</value></field>"
        "<field var='muc#register_roomnick'><value>" +
        std::string(nick) + "</value></field></x>");
  };
  const std::string reserved = "<query xmlns='http://jabber.org/protocol/disco#info' node='x-roomuser-item'/>";
  world w;
  w.make("crone/desk", "#cave", "one");
  w.join("hag/pda", "#cave/two");
  w.iq("get", "hag/pda", "#cave", query(""));
  CHECK(contains(w.last[0], "muc#register_roomnick"));
  w.iq("get", "hag/pda", "#cave", reserved);
  CHECK_FALSE(contains(w.last[0], "identity"));
  CHECK(w.iq("set", "hag/pda", "#cave", query("")) == lines{"hag/pda <- iq:error #cave !bad-request"});
  CHECK(w.iq("set", "hag/pda", "#cave", form("one")) == lines{"hag/pda <- iq:error #cave !conflict"});
  CHECK(w.iq("set", "hag/pda", "#cave", form("thirdwitch")) ==
        lines{"hag/pda <- iq:result #cave", "crone/desk <- presence #cave/two member/participant jid=hag/pda actor=two",
              "hag/pda <- presence #cave/two member/participant jid=hag/pda actor=two 110"});
  w.iq("get", "hag/pda", "#cave", query(""));
  CHECK(contains(w.last[0], "<registered/><username>thirdwitch</username>"));
  w.iq("get", "hag/pda", "#cave", reserved);
  CHECK(contains(w.last[0], "<identity category='conference' type='text' name='thirdwitch'/>"));
  CHECK(w.iq("set", "wicca/x", "#cave", form("thirdwitch")) == lines{"wicca/x <- iq:error #cave !conflict"});
  CHECK(contains(w.join("wicca/x", "#cave/thirdwitch").front(), "!conflict"));
  w.iq("set", "hag/pda", "#cave", query("<remove/>"));
  CHECK(w.iq("set", "hag/pda", "#cave", query("<remove/>")) == lines{"hag/pda <- iq:error #cave !registration-required"});
  CHECK(w.join("wicca/x", "#cave/thirdwitch").size() > 1);
  w.configure("crone/desk", "#cave", {{"membersonly", "1"}});
  CHECK(w.iq("get", "hag/pda", "#cave", query("")) == lines{"hag/pda <- iq:error #cave !not-allowed"});
}

}  // namespace
}  // namespace couplet::muc

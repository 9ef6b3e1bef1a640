#include "world.hpp"

// XEP-0045 sections 7.4 (to all), 7.5 (private), 7.2.12 to 7.2.16 (history, subject), 8.1 (subject).

namespace couplet::muc {
namespace {

using namespace testing;

struct cave : world {
  explicit cave(const fields_of& fields = {}) {
    make("crone/desk", "#cave", "one", fields);
    join("hag/pda", "#cave/two");
  }
};

TEST_CASE("messages: reflected to all with everything that is in them, and with their id (7.4, XEP-0359)") {
  cave w;
  const std::string content =
      "<body>Harpier cries: 't is time</body><active xmlns='http://jabber.org/protocol/chatstates'/>"
      "<origin-id xmlns='urn:xmpp:sid:0' id='de305d54'/><x xmlns='urn:x'><y z=\"1\"/></x>";
  CHECK(w.message("hag/pda", "#cave", content) ==
        lines{"crone/desk <- message:groupchat #cave/two body=Harpier cries: 't is time",
              "hag/pda <- message:groupchat #cave/two body=Harpier cries: 't is time"});
  for (const auto& xml : w.last) {
    CHECK(contains(xml, " id='q1'"));
    CHECK(contains(xml, content));
    CHECK(contains(xml, "<stanza-id xmlns='urn:xmpp:sid:0' by='cave@chat.example.org' id='i-"));
    CHECK(contains(xml, "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='"));
  }
  CHECK(w.last[0].substr(w.last[0].find(" from=")) == w.last[1].substr(w.last[1].find(" from=")));
}

TEST_CASE("messages: one without an id gets one, the same for all") {
  cave w;
  const auto told =
      w.raw("<message from='hag@example.org/pda' to='cave@chat.example.org' type='groupchat'><body>x</body></message>");
  REQUIRE(told.size() == 2);
  const auto id = told[0].substr(told[0].find(" id='"), 12);
  CHECK(contains(told[1], id));
}

TEST_CASE("messages: attributes of the first tag go on, as prefixes do, and a namespace of streams does not") {
  cave w;
  const auto told = w.raw(
      "<message xmlns='jabber:client' xml:lang='en' xmlns:p='urn:p' from='hag@example.org/pda' to='cave@chat.example.org' "
      "type='groupchat'><body>x</body><p:q/></message>");
  REQUIRE(told.size() == 2);
  CHECK(contains(told[0], " xml:lang='en' xmlns:p='urn:p'>"));
  CHECK_FALSE(contains(told[0], "jabber:client"));
  CHECK(w.sends("<c:message xmlns:c='jabber:client' from='hag@example.org/pda' to='cave@chat.example.org' type='groupchat'/>") ==
        lines{"hag/pda <- message:error #cave !bad-request"});
}

TEST_CASE("messages: who may speak (5.1.1, 7.4)") {
  cave w(fields_of{{"moderatedroom", "1"}});
  CHECK(w.says("hag/pda", "#cave", "x") == lines{"hag/pda <- message:error #cave !forbidden"});
  CHECK(w.says("stranger/x", "#cave", "x") == lines{"stranger/x <- message:error #cave !not-acceptable"});
  CHECK(w.says("stranger/x", "#nowhere", "x") == lines{"stranger/x <- message:error #nowhere !item-not-found"});
  w.admin("crone/desk", "#cave", "<item nick='two' role='participant'/>");
  CHECK(w.says("hag/pda", "#cave", "x").size() == 2);
}

TEST_CASE("messages: to the room, but not to all") {
  cave w;
  CHECK(w.message("hag/pda", "#cave", "<body>x</body>", "chat") == lines{"hag/pda <- message:error #cave !bad-request"});
  CHECK(w.message("hag/pda", "#cave", "<body>x</body>", "") == lines{"hag/pda <- message:error #cave !bad-request"});
}

TEST_CASE("messages: private ones go to all sessions of the one they are for (7.5)") {
  cave w;
  w.join("hag/lap", "#cave/two");
  CHECK(w.message("crone/desk", "#cave/two", "<body>psst</body><x xmlns='http://jabber.org/protocol/muc#user'/>", "chat") ==
        lines{"hag/pda <- message:chat #cave/one body=psst", "hag/lap <- message:chat #cave/one body=psst"});
  CHECK(contains(w.last[0], "<x xmlns='http://jabber.org/protocol/muc#user'/>"));
  CHECK(contains(w.last[0], " id='q1'"));
  CHECK(w.message("crone/desk", "#cave/two", "<body>psst</body>", "groupchat") ==
        lines{"crone/desk <- message:error #cave/two !bad-request"});
  CHECK(w.message("crone/desk", "#cave/nobody", "<body/>", "chat") ==
        lines{"crone/desk <- message:error #cave/nobody !item-not-found"});
  CHECK(w.message("stranger/x", "#cave/two", "<body/>", "chat") ==
        lines{"stranger/x <- message:error #cave/two !not-acceptable"});
}

TEST_CASE("messages: who may send private ones (muc#roomconfig_allowpm)") {
  struct row {
    const char *who, *visitor, *participant, *moderator;
  };
  const row table[] = {{"anyone", "", "", ""},
                       {"participants", "forbidden", "", ""},
                       {"moderators", "forbidden", "forbidden", ""},
                       {"none", "forbidden", "forbidden", "forbidden"}};
  for (const auto& r : table) {
    cave w(fields_of{{"allowpm", r.who}, {"moderatedroom", "1"}});
    const auto told = [&w](std::string_view from) {
      const auto got = w.message(from, "#cave/one", "<body>x</body>", "chat");
      REQUIRE(got.size() == 1);
      const auto mark = got[0].find('!');
      return mark == std::string::npos ? std::string() : got[0].substr(mark + 1);
    };
    CAPTURE(r.who);
    CHECK(told("hag/pda") == r.visitor);
    CHECK(told("crone/desk") == r.moderator);
    w.admin("crone/desk", "#cave", "<item nick='two' role='participant'/>");
    CHECK(told("hag/pda") == r.participant);
  }
}

TEST_CASE("messages: answers to private ones go back, and delivery errors remove") {
  cave w;
  CHECK(w.message("crone/desk", "#cave/two",
                  "<error type='modify'><not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>",
                  "error") == lines{"hag/pda <- message:error #cave/one !not-acceptable"});
  CHECK(w.machine().occupant_count() == 2);
}

TEST_CASE("messages: subjects (8.1)") {
  struct row {
    bool everybody;
    const char* content;
    const char* by_participant;
    bool changes;  // when the moderator sends it
  };
  const row table[] = {
      {false, "<subject>x</subject>", "hag/pda <- message:error #cave !forbidden", true},
      {true, "<subject>x</subject>", "crone/desk <- message:groupchat #cave/two subject=x", true},
      {true, "<subject/>", "crone/desk <- message:groupchat #cave/two subject=", true},
      {false, "<subject>x</subject><body>y</body>", "crone/desk <- message:groupchat #cave/two subject=x body=y", false},
      {false, "<subject>x</subject><thread>y</thread>", "crone/desk <- message:groupchat #cave/two subject=x", false},
  };
  for (const auto& r : table) {
    cave w(fields_of{{"changesubject", r.everybody ? "1" : "0"}});
    CAPTURE(r.content);
    CHECK(w.message("hag/pda", "#cave", r.content).front() == r.by_participant);
    w.message("crone/desk", "#cave", r.content);
    w.join("late/x", "#cave/late", "<history maxstanzas='0'/>");
    const auto subject = summary(w.last.back());
    const std::string text = contains(r.content, ">x<") ? "x" : "";
    CHECK(subject == (r.changes ? "late/x <- message:groupchat #cave/one subject=" + text + " past"
                                : "late/x <- message:groupchat #cave subject="));
  }
  cave w;
  CHECK(w.message("crone/desk", "#cave", "<subject>" + std::string(4097, 's') + "</subject>") ==
        lines{"crone/desk <- message:error #cave !not-acceptable"});
}

TEST_CASE("messages: how much of the past (7.2.13)") {
  struct row {
    const char* history;
    std::string bodies;
  };
  // Four messages, a minute apart; the last one a minute ago: at 22:13:20, :14:20, :15:20, :16:20; now it is 22:17:20.
  const row table[] = {
      {"", "abcd"},
      {"<history/>", "abcd"},
      {"<history maxstanzas='2'/>", "cd"},
      {"<history maxstanzas='0'/>", ""},
      {"<history maxstanzas='99'/>", "abcd"},
      {"<history maxchars='0'/>", ""},
      {"<history maxchars='100000'/>", "abcd"},
      {"<history seconds='150'/>", "cd"},
      {"<history seconds='0'/>", ""},
      {"<history seconds='18446744073709551615'/>", "abcd"},
      {"<history since='2023-11-14T22:15:20Z'/>", "cd"},
      {"<history since='2023-11-14T23:15:20.5+01:00'/>", "d"},
      {"<history since='1970-01-01T00:00:00Z'/>", "abcd"},
      {"<history since='yesterday'/>", "abcd"},
      {"<history since='2023-11-14T22:15:20Z' maxstanzas='1'/>", "d"},
      {"<history seconds='60' since='1970-01-01T00:00:00Z'/>", "d"},
  };
  cave w;
  for (const auto* body : {"a", "b", "c", "d"}) {
    w.says("hag/pda", "#cave", body);
    w.now += std::chrono::minutes(1);
  }
  for (const auto& r : table) {
    std::string bodies;
    for (const auto& line : w.join("late/x", "#cave/late", r.history))
      if (const auto at = line.find(" body="); at != std::string::npos) bodies += line[at + 6];
    CAPTURE(r.history);
    CHECK(bodies == r.bodies);
    w.leave("late/x", "#cave/late");
  }
  // Whole stanzas, as many as fit: characters are those of the stanza with everything in it.
  w.join("late/x", "#cave/late", "<history maxstanzas='1'/>");
  const auto found = std::find_if(w.last.begin(), w.last.end(), [](const auto& x) { return contains(x, "<body>d"); });
  REQUIRE(found != w.last.end());
  const auto size = found->size();
  w.leave("late/x", "#cave/late");
  CHECK(w.join("late/x", "#cave/late", "<history maxchars='" + std::to_string(size) + "'/>").size() == 7);
  w.leave("late/x", "#cave/late");
  CHECK(w.join("late/x", "#cave/late", "<history maxchars='" + std::to_string(size - 1) + "'/>").size() == 6);
}

TEST_CASE("messages: the past is what was said, with the room's stamp (XEP-0203), and nothing that asks not to be kept") {
  cave w;
  w.message("hag/pda", "#cave", "<active xmlns='http://jabber.org/protocol/chatstates'/>");
  w.message("hag/pda", "#cave", "<body>off</body><no-store xmlns='urn:xmpp:hints'/>");
  w.message("hag/pda", "#cave", "<reactions xmlns='urn:xmpp:reactions:0' id='1'/><store xmlns='urn:xmpp:hints'/>");
  w.says("hag/pda", "#cave", "kept");
  w.join("late/x", "#cave/late");
  lines past;
  for (const auto& xml : w.last)
    if (contains(xml, "urn:xmpp:delay")) past.push_back(xml);
  REQUIRE(past.size() == 2);
  CHECK(contains(past[0], "reactions"));
  CHECK(contains(past[1], "<body>kept</body>"));
  CHECK(contains(past[1], "<delay xmlns='urn:xmpp:delay' from='cave@chat.example.org' stamp='2023-11-14T22:13:20Z'/></message>"));
  CHECK(contains(past[1], "stanza-id"));
}

TEST_CASE("messages: a room may keep less of the past for newcomers, or none") {
  cave w(fields_of{{"muc#maxhistoryfetch", "1"}});
  w.says("hag/pda", "#cave", "a");
  w.says("hag/pda", "#cave", "b");
  CHECK(w.join("late/x", "#cave/late", "<history maxstanzas='5'/>").size() == 7);
  CHECK(contains(w.last[5], "<body>b</body>"));
}

}  // namespace
}  // namespace couplet::muc

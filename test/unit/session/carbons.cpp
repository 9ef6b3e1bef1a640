// Message carbons (XEP-0280).

#include "world.hpp"

using namespace couplet;
using namespace couplet::session::testing;

namespace {

void carbons(world& w, const std::string& name, const std::string& full, bool on = true) {
  const std::string what = on ? "enable" : "disable";
  CHECK(w.says(name, "<iq type='set' id='c'><" + what + " xmlns='urn:xmpp:carbons:2'/></iq>") ==
        lines{name + " <- <iq type='result' id='c' to='" + full + "'/>"});
}

std::string copied(const std::string& way, const std::string& to, const std::string& message, const std::string& type = "chat") {
  const auto bare = to.substr(0, to.find('/'));
  const auto attribute = type.empty() ? "" : " type='" + type + "'";
  return "<message from='" + bare + "' to='" + to + "'" + attribute + "><" + way +
         " xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client'" + message.substr(8) +
         "</forwarded></" + way + "></message>";
}

const std::string orchard = "romeo@example.org/orchard", cell = "romeo@example.org/cell", tomb = "romeo@example.org/tomb";
const std::string balcony = "juliet@example.org/balcony", chamber = "juliet@example.org/chamber";

std::string message(const std::string& from, const std::string& to, const std::string& content = "<body>hi</body>",
                    const std::string& type = " type='chat'") {
  return "<message from='" + from + "' to='" + to + "'" + type + " id='1'>" + content + "</message>";
}

/// Romeo with three sessions, the second with carbons; juliet with two, the second with carbons.
void verona(world& w) {
  w.online("orchard", orchard);
  w.online("cell", cell);
  w.online("tomb", tomb);
  w.online("balcony", balcony);
  w.online("chamber", chamber);
  carbons(w, "cell", cell);
  carbons(w, "chamber", chamber);
}

}  // namespace

TEST_CASE("carbons: sections 7 and 8: both sides' other sessions see it, those that asked") {
  world w;
  verona(w);
  const auto m = message(orchard, balcony);
  CHECK(w.says("orchard", m) ==
        lines{"cell <- " + copied("sent", cell, m), "chamber <- " + copied("received", chamber, m), "balcony <- " + m});
  // Who has carbons itself gets none of what it wrote or was given.
  const auto back = message(cell, chamber);
  CHECK(w.says("cell", back) == lines{"chamber <- " + back});
  const auto no_type = message(orchard, balcony, "<body/>", "");
  CHECK(w.says("orchard", no_type) == lines{"cell <- " + copied("sent", cell, no_type, ""),
                                            "chamber <- " + copied("received", chamber, no_type, ""), "balcony <- " + no_type});
}

TEST_CASE("carbons: section 7: to the bare JID: those that get it anyway get it once") {
  world w;
  verona(w);
  w.says("chamber", "<presence><priority>-1</priority></presence>");
  const auto m = message(orchard, "juliet@example.org");
  CHECK(w.says("orchard", m) ==
        lines{"cell <- " + copied("sent", cell, m), "chamber <- " + copied("received", chamber, m), "balcony <- " + m});
  w.says("chamber", "<presence/>");
  CHECK(w.says("orchard", m) == lines{"cell <- " + copied("sent", cell, m), "chamber <- " + m, "balcony <- " + m});
}

TEST_CASE("carbons: to a resource that is gone: nobody has it twice") {
  world w;
  verona(w);
  const auto m = message(orchard, "juliet@example.org/gone");
  CHECK(w.says("orchard", m) == lines{"cell <- " + copied("sent", cell, m), "chamber <- " + m, "balcony <- " + m});
  const auto normal = message(orchard, "juliet@example.org/gone", "<body/>", "");
  const auto log = w.says("orchard", normal);
  REQUIRE(log.size() == 2);  // it was sent, and refused
  CHECK(log[0] == "cell <- " + copied("sent", cell, normal, ""));
  CHECK(contains(log[1], "service-unavailable"));
}

TEST_CASE("carbons: nobody was given it: only who is there now, and would not get it later, sees it") {
  world w;
  w.online("orchard", orchard);
  w.online("bot", "juliet@example.org/bot", -1);
  w.starts("silent", "juliet@example.org/silent");
  carbons(w, "bot", "juliet@example.org/bot");
  carbons(w, "silent", "juliet@example.org/silent");
  const auto m = message(orchard, "juliet@example.org");
  const auto log = w.says("orchard", m);
  REQUIRE(log.size() == 2);
  CHECK(log[0] == "bot <- " + copied("received", "juliet@example.org/bot", m));
  CHECK(contains(log[1], "service-unavailable"));
}

TEST_CASE("carbons: to oneself: no session has it twice, nor what it wrote itself") {
  world w;
  verona(w);
  carbons(w, "orchard", orchard);
  const auto to_one = message(orchard, tomb);
  CHECK(w.says("orchard", to_one) == lines{"cell <- " + copied("received", cell, to_one), "tomb <- " + to_one});
  const auto to_all = message(orchard, "romeo@example.org");
  CHECK(w.says("orchard", to_all) == lines{"tomb <- " + to_all, "cell <- " + to_all, "orchard <- " + to_all});
}

TEST_CASE("carbons: section 9: what is private is not copied, nor is what others have no use for") {
  world w;
  verona(w);
  struct row {
    const char *content, *type;
  };
  const row rows[] = {{"<body/><private xmlns='urn:xmpp:carbons:2'/>", " type='chat'"},
                      {"<body/><no-copy xmlns='urn:xmpp:hints'/>", " type='chat'"},
                      {"<body/>", " type='groupchat'"},
                      {"<body/>", " type='headline'"},
                      {"<x xmlns='urn:x'/>", ""},
                      {"<error/>", " type='error'"}};
  for (const auto& r : rows) {
    const auto m = message(orchard, balcony, r.content, r.type);
    CHECK(w.says("orchard", m) == lines{"balcony <- " + m});
  }
}

TEST_CASE("carbons: sections 4, 5 and 10.1: on and off again, as often as one likes; a new session begins without") {
  world w;
  verona(w);
  carbons(w, "cell", cell);
  carbons(w, "cell", cell, false);
  carbons(w, "cell", cell, false);
  const auto m = message(orchard, chamber);
  CHECK(w.says("orchard", m) == lines{"chamber <- " + m});
  carbons(w, "cell", cell);
  w.gone("cell");
  w.online("cell", cell);
  CHECK(w.says("orchard", m) == lines{"chamber <- " + m});
  CHECK(contains(w.says("cell", "<iq type='get' id='c'><enable xmlns='urn:xmpp:carbons:2'/></iq>").at(0), "bad-request"));
  CHECK(contains(w.says("cell", "<iq type='set' id='c' to='juliet@example.org'><enable xmlns='urn:xmpp:carbons:2'/></iq>").at(0),
                 "service-unavailable"));
  CHECK(w.says("orchard", m) == lines{"chamber <- " + m});
}

TEST_CASE("carbons: section 10.3: nobody hears of a copy that was not taken, and it goes nowhere else") {
  world w;
  verona(w);
  w.online("tower", "juliet@example.org/tower");
  const auto m = message(orchard, balcony);
  const auto log = w.says("orchard", m);
  REQUIRE(log.size() == 3);
  const auto given_back = copied("received", chamber, m);
  REQUIRE(log[1] == "chamber <- " + given_back);
  // The client answers it with an error; then it is gone with the copy.
  CHECK(w.says("chamber", "<message type='error' to='juliet@example.org' id='1'><error/></message>").empty());
  for (const auto& line : w.gone("chamber", given_back)) CHECK(contains(line, "<presence "));
}

TEST_CASE("carbons: between domains, and with a prefix on the stanza") {
  auto s = example();
  s.other_domains = true;
  world w(s, 3);
  verona(w);
  const auto out = message(orchard, "room@rooms.example/nick");
  CHECK(w.says("orchard", out) == lines{"others <- " + out, "cell <- " + copied("sent", cell, out)});
  const std::string in =
      "<c:message xmlns:c='jabber:client' from='a@b.example' to='juliet@example.org/balcony' "
      "type='chat'><body>x</body></c:message>";
  world one;
  one.online("balcony", balcony);
  one.online("chamber", chamber);
  carbons(one, "chamber", chamber);
  const auto log = one.deliver(in);
  REQUIRE(log.size() == 2);
  CHECK(contains(log[0], "<forwarded xmlns='urn:xmpp:forward:0'><c:message xmlns='jabber:client' xmlns:c='jabber:client' from="));
}

TEST_CASE("carbons: between partitions") {
  world w(example(), 5);
  verona(w);
  const auto m = message(orchard, balcony);
  CHECK(w.says("orchard", m) ==
        lines{"cell <- " + copied("sent", cell, m), "chamber <- " + copied("received", chamber, m), "balcony <- " + m});
}

TEST_CASE("stanza ids: neither receiver nor copies see what somebody wrote in an account's name") {
  world w;
  verona(w);
  const auto id = [](const std::string& by) { return "<stanza-id xmlns='urn:xmpp:sid:0' by='" + by + "' id='1'/>"; };
  const auto forged =
      message(orchard, balcony, id("romeo@example.org") + "<body>hi</body>" + id("juliet@example.org") + id("x@y"));
  const auto clean = message(orchard, balcony, "<body>hi</body>" + id("x@y"));
  const auto half = message(orchard, balcony, "<body>hi</body>" + id("juliet@example.org") + id("x@y"));
  CHECK(w.says("orchard", forged) == lines{"cell <- " + copied("sent", cell, half),
                                           "chamber <- " + copied("received", chamber, clean), "balcony <- " + clean});
}

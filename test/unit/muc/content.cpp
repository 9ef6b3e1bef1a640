#include "world.hpp"

// What only the service may say is never passed on from a client (XEP-0045 section 17.3, XEP-0359 section 5, XEP-0421 section 4).

namespace couplet::muc {
namespace {

using namespace testing;

TEST_CASE("content: forgeries are left out, whatever they look like") {
  const lines forgeries{
      "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='FORGED'/>",
      "<occupant-id xmlns='urn:xmpp:occupant&#45;id:0' id='FORGED'/>",
      "<p:occupant-id xmlns:p='urn:xmpp:occupant-id:0' id='FORGED'/>",
      "<stanza-id xmlns='urn:xmpp:sid:0' by='cave@chat.example.org' id='FORGED'/>",
      "<delay xmlns='urn:xmpp:delay' from='cave@chat.example.org' stamp='FORGED'/>",
      "<x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='owner' role='FORGED'/></x>",
      "<x xmlns='http://jabber.org/protocol/&#x6d;uc#user'><status code='FORGED'/></x>",
  };
  for (const auto& forged : forgeries) {
    CAPTURE(forged);
    world w;
    w.make("crone/desk", "#cave", "one");
    w.presence("hag/pda", "#cave/two", "<x xmlns='http://jabber.org/protocol/muc'/>" + forged);
    REQUIRE(w.machine().occupant_count() == 2);
    for (const auto& xml : w.last) CHECK_FALSE(contains(xml, "FORGED"));
    w.presence("hag/pda", "#cave/two", "<status>s</status>" + forged);
    for (const auto& xml : w.last) CHECK_FALSE(contains(xml, "FORGED"));
    w.message("hag/pda", "#cave", "<body>&lt;b&gt; &amp; c</body>" + forged);
    REQUIRE(w.last.size() == 2);
    for (const auto& xml : w.last) {
      CHECK_FALSE(contains(xml, "FORGED"));
      CHECK(contains(xml, "<body>&lt;b&gt; &amp; c</body>"));
    }
    w.message("hag/pda", "#cave/one", "<body>b</body>" + forged, "chat");
    REQUIRE(w.last.size() == 1);
    CHECK_FALSE(contains(w.last[0], "FORGED"));
  }
}

TEST_CASE("content: what looks like it and is somebody else's stays") {
  world w;
  w.make("crone/desk", "#cave", "one");
  w.message("crone/desk", "#cave",
            "<body>x</body><stanza-id xmlns='urn:xmpp:sid:0' by='other@example.org' id='1'/><delay xmlns='urn:xmpp:delay' "
            "from='hag@example.org' stamp='2002-09-10T23:08:25Z'/><origin-id xmlns='urn:xmpp:sid:0' id='o'/>");
  REQUIRE(w.last.size() == 1);
  for (const auto* part : {"by=\"other@example.org\"", "2002-09-10T23:08:25Z", "origin-id"}) CHECK(contains(w.last[0], part));
}

TEST_CASE("content: occupant ids tell nobody who it is, and are the same for the same (XEP-0421)") {
  const auto id_in = [](const lines& stanzas) {
    constexpr std::string_view before = "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='";
    const auto at = stanzas.back().find(before) + before.size();
    return stanzas.back().substr(at, stanzas.back().find('\'', at) - at);
  };
  world w;
  w.make("crone/desk", "#cave", "one");
  w.make("crone/desk", "#hall", "one");
  w.join("hag/pda", "#cave/two");
  w.says("hag/pda", "#cave", "x");
  const auto first = id_in(w.last);
  CHECK(first.size() == 32);
  w.leave("hag/pda", "#cave/two");
  w.join("hag/lap", "#cave/three");
  w.says("hag/lap", "#cave", "x");
  CHECK(id_in(w.last) == first);
  w.join("hag/pda", "#hall/two");
  w.says("hag/pda", "#hall", "x");
  CHECK(id_in(w.last) != first);
  w.says("crone/desk", "#cave", "x");
  CHECK(id_in(w.last) != first);
}

TEST_CASE("content: nicknames may hold anything that an address may") {
  world w;
  w.make("crone/desk", "#cave", "&lt;o&apos;&amp;\"ne>");
  w.says("crone/desk", "#cave", "x");
  REQUIRE(w.last.size() == 1);
  CHECK(summary(w.last[0]) == "crone/desk <- message:groupchat #cave/<o'&\"ne> body=x");
  w.message("crone/desk", "#cave", "<subject>s</subject>");
  w.join("hag/pda", "#cave/two");
  CHECK(summary(w.last.back()) == "hag/pda <- message:groupchat #cave/<o'&\"ne> subject=s past");
}

}  // namespace
}  // namespace couplet::muc

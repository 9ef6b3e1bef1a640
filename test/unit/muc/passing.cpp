#include "world.hpp"

// XEP-0045 section 17.4 (iq through the room), XEP-0410 (self-ping).

namespace couplet::muc {
namespace {

using namespace testing;

const std::string ping = "<ping xmlns='urn:xmpp:ping'/>";

std::string id_of(const std::string& xml) {
  const auto at = xml.find(" id='") + 5;
  return xml.substr(at, xml.find('\'', at) - at);
}

TEST_CASE("passing: a request goes to the occupant, and its answer to who has asked; nobody sees an address") {
  world w;
  w.make("crone/desk", "#cave", "one");
  w.join("hag/pda", "#cave/two");
  w.join("hag/lap", "#cave/two");
  CHECK(w.iq("get", "hag/pda", "#cave/one", "<query xmlns='jabber:iq:version'/>") == lines{"crone/desk <- iq:get #cave/two"});
  CHECK_FALSE(contains(w.last[0], "hag@"));
  CHECK(contains(w.last[0], "<query xmlns='jabber:iq:version'/>"));
  const auto id = id_of(w.last[0]);
  const auto answer = "<iq type='result' id='" + id +
                      "' from='crone@example.org/desk' to='cave@chat.example.org/two'><query xmlns='jabber:iq:version'/></iq>";
  CHECK(w.sends(answer) == lines{"hag/pda <- iq:result #cave/one"});
  CHECK(id_of(w.last[0]) == "q1");
  CHECK_FALSE(contains(w.last[0], "crone@"));
  // Errors as well; and who asks from another session gets the answer there.
  w.iq("set", "hag/lap", "#cave/one", "<query xmlns='urn:x'/>");
  CHECK(w.sends("<iq type='error' id='" + id_of(w.last[0]) +
                "' from='crone@example.org/desk' to='cave@chat.example.org/two'/>") == lines{"hag/lap <- iq:error #cave/one"});
}

TEST_CASE("passing: answers that nobody has asked for go nowhere") {
  world w;
  w.make("crone/desk", "#cave", "one");
  w.join("hag/pda", "#cave/two");
  w.iq("get", "hag/pda", "#cave/one", "<query xmlns='jabber:iq:version'/>");
  const auto id = id_of(w.last[0]);
  const auto answer = [&](std::string_view with, std::string_view from, std::string_view to) {
    return w.sends("<iq type='result' id='" + std::string(with) + "' from='" + std::string(from) + "' to='" + std::string(to) +
                   "'/>");
  };
  CHECK(answer("q1", "crone@example.org/desk", "cave@chat.example.org/two").empty());
  CHECK(answer("0" + id.substr(1), "crone@example.org/desk", "cave@chat.example.org/two").size() <= 1);
  CHECK(answer(id, "stranger@example.org/x", "cave@chat.example.org/two").empty());
  CHECK(answer(id, "crone@example.org/desk", "cave@chat.example.org/one").empty());
  CHECK(answer(id, "crone@example.org/desk", "cave@chat.example.org").empty());
  CHECK(answer(id, "crone@example.org/desk", "nowhere@chat.example.org/two").empty());
}

TEST_CASE("passing: vCards are asked of the account, which answers under its bare address") {
  world w;
  w.make("crone/desk", "#cave", "one");
  w.join("hag/pda", "#cave/two");
  CHECK(w.iq("get", "crone/desk", "#cave/two", "<vCard xmlns='vcard-temp'/>") == lines{"hag <- iq:get #cave/one"});
  const auto id = id_of(w.last[0]);
  CHECK(w.sends("<iq type='result' id='" + id +
                "' from='hag@example.org' to='cave@chat.example.org/one'><vCard xmlns='vcard-temp'/></iq>") ==
        lines{"crone/desk <- iq:result #cave/two"});
}

TEST_CASE("passing: pings to oneself say whether one is still there (XEP-0410)") {
  world w;
  CHECK(w.iq("get", "hag/pda", "#cave/two", ping) == lines{"hag/pda <- iq:error #cave/two !not-acceptable"});
  w.make("crone/desk", "#cave", "one");
  CHECK(w.iq("get", "hag/pda", "#cave/two", ping) == lines{"hag/pda <- iq:error #cave/two !not-acceptable"});
  w.join("hag/pda", "#cave/two");
  CHECK(w.iq("get", "hag/pda", "#cave/two", ping) == lines{"hag/pda <- iq:result #cave/two"});
  CHECK(w.iq("get", "hag/lap", "#cave/two", ping) == lines{"hag/lap <- iq:error #cave/two !not-acceptable"});
  w.presence("hag/pda", "#cave/three");
  CHECK(w.iq("get", "hag/pda", "#cave/two", ping) == lines{"hag/pda <- iq:error #cave/two !item-not-found"});
  CHECK(w.iq("get", "hag/pda", "#cave", ping) == lines{"hag/pda <- iq:result #cave"});
}

TEST_CASE("passing: strangers ask nobody (6.6)") {
  world w;
  w.make("crone/desk", "#cave", "one");
  CHECK(w.iq("get", "hag/pda", "#cave/one", "<query xmlns='http://jabber.org/protocol/disco#info'/>") ==
        lines{"hag/pda <- iq:error #cave/one !bad-request"});
  CHECK(w.iq("get", "hag/pda", "#cave/one", "<query xmlns='jabber:iq:version'/>") ==
        lines{"hag/pda <- iq:error #cave/one !not-acceptable"});
}

TEST_CASE("passing: ids may hold anything") {
  world w;
  w.make("crone/desk", "#cave", "one");
  w.join("hag/pda", "#cave/two");
  for (const auto* id : {"id=\"it's\"", "id='&lt;\"&amp;'", "id=''", "id='ü'"}) {
    w.raw("<iq type='get' " + std::string(id) +
          " from='hag@example.org/pda' to='cave@chat.example.org/one'><q xmlns='urn:q'/></iq>");
    REQUIRE(w.last.size() == 1);
    w.raw("<iq type='result' id='" + id_of(w.last[0]) + "' from='crone@example.org/desk' to='cave@chat.example.org/two'/>");
    REQUIRE(w.last.size() == 1);
    xml::fragment first, second;
    const auto asked = first.parse("<iq " + std::string(id) + "/>", xml::ns::client).attribute("id");
    CHECK(second.parse(w.last[0], xml::ns::client).attribute("id") == asked);
  }
}

}  // namespace
}  // namespace couplet::muc

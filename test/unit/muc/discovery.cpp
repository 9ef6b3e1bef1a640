#include "world.hpp"

// XEP-0045 sections 6.2 to 6.6, XEP-0059; requests to the service.

namespace couplet::muc {
namespace {

using namespace testing;

const std::string info = "<query xmlns='http://jabber.org/protocol/disco#info'/>";
const std::string items = "<query xmlns='http://jabber.org/protocol/disco#items'/>";

std::string asks(world& w, std::string_view to, std::string_view content, std::string_view from = "hag@example.org/pda") {
  const auto told = w.raw("<iq type='get' id='1' from='" + std::string(from) + "' to='" + std::string(to) + "'>" +
                          std::string(content) + "</iq>");
  REQUIRE(told.size() == 1);
  return told[0];
}

TEST_CASE("discovery: the service (6.2)") {
  world w;
  const auto told = asks(w, "chat.example.org", info);
  for (const auto* part :
       {"<iq type='result' id='1' from='chat.example.org' to='hag@example.org/pda'>", "category='conference' type='text'",
        "var='http://jabber.org/protocol/muc'", "muc#stable_id", "muc#self-ping-optimization", "urn:xmpp:occupant-id:0"})
    CHECK(contains(told, part));
  CHECK(contains(asks(w, "chat.example.org", "<ping xmlns='urn:xmpp:ping'/>"), "type='result'"));
  CHECK(contains(asks(w, "chat.example.org", "<query xmlns='jabber:iq:version'/>"), "<name>Couplet</name>"));
  CHECK(contains(asks(w, "chat.example.org", "<query xmlns='jabber:iq:last'/>"), "service-unavailable"));
  CHECK(contains(asks(w, "chat.example.org/x", info), "item-not-found"));
  CHECK(
      contains(asks(w, "chat.example.org", "<query xmlns='http://jabber.org/protocol/disco#info' node='x'/>"), "item-not-found"));
  CHECK(contains(asks(w, "chat.example.org", ""), "bad-request"));
  CHECK(w.raw("<message from='hag@example.org/pda' to='chat.example.org'><body>x</body></message>").size() == 1);
}

TEST_CASE("discovery: rooms that are public and there (6.3)") {
  world w;
  w.make("crone/desk", "#cave", "one", {{"roomname", "A Dark Cave"}});
  w.make("crone/desk", "#hidden", "one", {{"publicroom", "0"}});
  w.join("crone/desk", "#locked/one");
  w.make("crone/desk", "#heath", "one");
  const auto told = asks(w, "chat.example.org", items);
  CHECK(contains(
      told, "<item jid='cave@chat.example.org' name='A Dark Cave'/><item jid='heath@chat.example.org' name='heath'/></query>"));
}

TEST_CASE("discovery: a long list comes in pages (XEP-0059)") {
  world w;
  for (int i = 10; i < 15; ++i) w.make("crone/desk", "#r" + std::to_string(i), "one");
  struct row {
    const char* set;
    const char* rooms;  // numbers without the 1
    bool says_set;
  };
  const row table[] = {
      {"<max>2</max>", "01", true},
      {"<max>2</max><after>r11@chat.example.org</after>", "23", true},
      {"<max>2</max><after>r13@chat.example.org</after>", "4", true},
      {"<max>2</max><after>r14@chat.example.org</after>", "", true},
      {"<max>2</max><before/>", "34", true},
      {"<max>2</max><before>r13@chat.example.org</before>", "12", true},
      {"<max>0</max>", "", true},
      {"<max>9</max>", "01234", false},
      {"<max>x</max>", "01234", false},
  };
  for (const auto& r : table) {
    const auto told = asks(w, "chat.example.org",
                           "<query xmlns='http://jabber.org/protocol/disco#items'><set xmlns='http://jabber.org/protocol/rsm'>" +
                               std::string(r.set) + "</set></query>");
    std::string rooms;
    for (auto at = told.find("<item jid='r1"); at != std::string::npos; at = told.find("<item jid='r1", at + 1))
      rooms += told[at + 13];
    CAPTURE(r.set);
    CHECK(rooms == r.rooms);
    CHECK(contains(told, "<count>5</count>") == r.says_set);
  }
}

TEST_CASE("discovery: what a room is (6.4)") {
  struct row {
    const char *field, *value, *feature;
  };
  const row table[] = {
      {"publicroom", "1", "muc_public"},         {"publicroom", "0", "muc_hidden"},
      {"membersonly", "0", "muc_open"},          {"membersonly", "1", "muc_membersonly"},
      {"moderatedroom", "0", "muc_unmoderated"}, {"moderatedroom", "1", "muc_moderated"},
      {"whois", "anyone", "muc_nonanonymous"},   {"whois", "moderators", "muc_semianonymous"},
      {"persistentroom", "1", "muc_persistent"}, {"persistentroom", "0", "muc_temporary"},
      {"roomname", "x", "muc_unsecured"},
  };
  for (const auto& r : table) {
    world w;
    w.make("crone/desk", "#cave", "one", {{r.field, r.value}});
    CHECK(contains(asks(w, "cave@chat.example.org", info), "<feature var='" + std::string(r.feature) + "'/>"));
  }
  world w;
  w.make("crone/desk", "#cave", "one", {{"roomdesc", "The place"}, {"passwordprotectedroom", "1"}, {"roomsecret", "s3cret"}});
  w.message("crone/desk", "#cave", "<subject>fire</subject>");
  const auto told = asks(w, "cave@chat.example.org", info);
  for (const auto* part :
       {"muc_passwordprotected", "http://jabber.org/protocol/muc#roominfo", "<value>The place</value>", "<value>fire</value>",
        "<field var='muc#roominfo_occupants'><value>1</value></field>", "http://jabber.org/protocol/muc#stable_id"})
    CHECK(contains(told, part));
  CHECK_FALSE(contains(told, "s3cret"));
  CHECK(contains(asks(w, "cave@chat.example.org", items), "<query xmlns='http://jabber.org/protocol/disco#items'></query>"));
  CHECK(contains(asks(w, "cave@chat.example.org",
                      "<query xmlns='http://jabber.org/protocol/disco#info' node='http://jabber.org/protocol/muc#traffic'/>"),
                 "service-unavailable"));
  CHECK(contains(asks(w, "nowhere@chat.example.org", info), "item-not-found"));
  CHECK(contains(asks(w, "cave@chat.example.org", "<vCard xmlns='vcard-temp'/>"), "service-unavailable"));
}

}  // namespace
}  // namespace couplet::muc

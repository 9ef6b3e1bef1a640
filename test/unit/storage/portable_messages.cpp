// XEP-0227: messages that wait, archives.

#include "portable_fixture.hpp"

using namespace couplet;
using namespace couplet::storage;
using namespace couplet::storage::testing;

namespace {

std::string waiting(const std::string& messages) {
  return user("<offline-messages>" + messages + "</offline-messages>");
}

std::string delay(const std::string& from, const std::string& stamp) {
  return "<delay xmlns='urn:xmpp:delay' from='" + from + "' stamp='" + stamp + "'/>";
}

std::string ours(const std::string& stamp) {
  return "<delay xmlns='urn:xmpp:delay' from='example.org' stamp='" + stamp + "'>Offline Storage</delay>";
}

std::string archive(const std::string& results) {
  return user("<archive xmlns='urn:xmpp:pie:0#mam'>" + results + "</archive>");
}

std::string result(const std::string& id, const std::string& stamp, const std::string& message) {
  return "<result xmlns='urn:xmpp:mam:2' id='" + id +
         "'><forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' stamp='" + stamp + "'/>" + message +
         "</forwarded></result>";
}

constexpr auto noon = "2010-07-10T12:00:00.000Z";

}  // namespace

TEST_CASE("portable: messages that wait, with the delay where ours stands, whoever wrote it") {
  const std::string message = "<message from='b@y/r' to='a@example.org' type='chat'><body>hi</body>";
  const auto one = [](const std::string& text) {
    const auto u = the_user(waiting(text));
    REQUIRE(u.offline.size() == 1);
    return u.offline[0];
  };
  // Delays of others stay, and so do older ones of ours.
  const auto by_another = message + delay("y", "2009-01-01T00:00:00Z");
  const std::string declared = "<message xmlns='jabber:client'";
  for (const auto& begin : {message, declared + message.substr(8), "<message xmlns='jabber:server'" + message.substr(8),
                            "<message xmlns=''" + message.substr(8)}) {
    CHECK(one(begin + delay("example.org", "2010-07-10T12:00:00Z") + "</message>") == message + ours(noon) + "</message>");
  }
  CHECK(one(by_another + delay("example.org", "2010-07-10T14:00:00+02:00") + "<x xmlns='u'/></message>") ==
        by_another + "<x xmlns='u'/>" + ours(noon) + "</message>");
  CHECK(one(message + "<delay xmlns='urn:xmpp:delay' stamp='2010-07-10T12:00:00Z'/></message>") ==
        message + ours(noon) + "</message>");
  // Some write everything with prefixes; clients know a stanza without one only.
  const std::string attributes = " xmlns:c='jabber:client' from='b.example'><c:body>1</c:body>";
  CHECK(one("<c:message" + attributes + delay("example.org", noon) + "</c:message>") ==
        "<message" + attributes + ours(noon) + "</message>");
  CHECK(refused(waiting("<c:message xmlns='urn:inside' xmlns:c='jabber:client' from='b.example'/>")).find("<c:message/>") !=
        std::string::npos);
  // Nobody says since when.
  CHECK(one(by_another + "</message>") == by_another + ours("now") + "</message>");
  CHECK(one(message + delay("example.org", "yesterday") + "</message>") ==
        message + delay("example.org", "yesterday") + ours("now") + "</message>");
}

TEST_CASE("portable: archived messages, by time, with the other side") {
  const auto u =
      the_user(archive(result("2", "2010-07-10T23:09:32Z", "<message xmlns='jabber:client' from='a@example.org/x' to='B@y/r'/>") +
                       result("1", "2010-07-10T23:08:25Z", "<message xmlns='jabber:client' from='b@y'><body/></message>") +
                       result("3", "2010-07-10T23:09:32Z", "<message xmlns='jabber:client' from='a@example.org'/>")));
  REQUIRE(u.archive.size() == 3);
  CHECK(u.archive[0].id == "1");
  CHECK(u.archive[0].time == 1'278'803'305'000);
  CHECK(u.archive[0].with == "b@y");
  CHECK(u.archive[0].resource.empty());
  CHECK(u.archive[0].stanza == "<message from='b@y'><body/></message>");
  CHECK(u.archive[1].id == "2");
  CHECK(u.archive[1].with == "b@y");
  CHECK(u.archive[1].resource == "r");
  CHECK(u.archive[2].with == "a@example.org");
}

TEST_CASE("portable: an archived message of the future is of now, for what comes later comes behind it") {
  const auto u = the_user(archive(result("1", "9999-01-01T00:00:00Z", "<message xmlns='jabber:client' from='b@y'/>")));
  REQUIRE(u.archive.size() == 1);
  CHECK(u.archive[0].time == 1'700'000'000'000);
}

TEST_CASE("portable: an id that is somebody's already is another one here") {
  auto s = open_store();
  const std::string message = "<message xmlns='jabber:client' from='b@y'/>";
  auto data = taken(host("<user name='a' password='x'><archive xmlns='urn:xmpp:pie:0#mam'>" + result("1", noon, message) +
                         "</archive></user><user name='b' password='x'><archive xmlns='urn:xmpp:pie:0#mam'>" +
                         result("1", noon, message) + result("2", noon, message) + "</archive></user>"));
  CHECK(put(*s, data) == outcome::done);
  const auto text = written(*s);
  const auto count = [&text](const std::string& what) {
    std::size_t n = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
    return n;
  };
  CHECK(count("<result ") == 3);
  CHECK(count(" id='1'") == 1);
  CHECK(count(" id='2'") == 1);
}

TEST_CASE("portable: messages that are wrong are refused, with the name") {
  struct row {
    std::string text, why;
  };
  const std::string message = "<message xmlns='jabber:client' from='b@y'/>";
  const row rows[] = {
      {waiting("<message xmlns='jabber:client'/>"), "\"a@example.org\": a message that waits whose from is no address: \"\""},
      {archive(result("", noon, message)), "an archived message whose id is none"},
      {archive(result(std::string(1'024, 'x'), noon, message)), "or has more than 1023 bytes"},
      {archive(result("1", "then", message)), "the archived message \"1\" has a time that is none: \"then\""},
      {archive("<result xmlns='urn:xmpp:mam:2' id='1'/>"), "the archived message \"1\" has a time that is none: \"\""},
      {archive(result("1", noon, "")), "the archived message \"1\" is not there"},
      {archive(result("1", noon, "<message xmlns='jabber:client'/>")), "an archived message whose from is no address: \"\""},
      {archive(result("1", noon, "<message xmlns='jabber:client' from='a@example.org' to='@'/>")),
       "whose to is no address: \"@\""},
      {user("<prefs xmlns='urn:xmpp:mam:2'/>"), "is not as XEP-0441 has it"},
  };
  for (const auto& r : rows) {
    CAPTURE(r.text);
    const auto why = refused(r.text);
    CHECK_MESSAGE(why.find(r.why) != std::string::npos, why);
  }
  CHECK(taken(waiting("<iq xmlns='jabber:client'/>")).unknown == std::map<std::string, std::size_t>{{"iq (jabber:client)", 1}});
  CHECK(taken(archive("<x xmlns='u'/>")).unknown == std::map<std::string, std::size_t>{{"x (u)", 1}});
}

#include "portable_fixture.hpp"

using namespace couplet;
using namespace couplet::storage;
using namespace couplet::storage::testing;

namespace {

/// SCRAM-SHA-1 of XEP-0227's own example.
const std::string juliets =
    "<scram-credentials xmlns='urn:xmpp:pie:0#scram' mechanism='SCRAM-SHA-1'><iter-count>100000</iter-count>"
    "<salt>TmFDbE5hQ2xOYUNsTmFDbE5hQ2xOYUNsTmFDbE5hQ2xOYUNsTmFDbE5hQ2wK</salt><server-key>0pXWGK0GZJ6TR73AIUN3ITYtA1g=</"
    "server-key>"
    "<stored-key>Q6qT/SbybblGCZz8e8eSfCJOQic=</stored-key></scram-credentials>";

}  // namespace

TEST_CASE("portable: what is exported is imported again, by host and name") {
  auto s = open_store();
  credentials full;
  for (std::size_t i = 0; i < 3; ++i) {
    const auto hash = static_cast<sasl::scram_hash>(i);
    full.keys[i] = sasl::decoy_keys("secret", hash, "x", 4'096);
  }
  full.password = "1 < 2 & \"'";
  for (const char* const jid : {"b@two.example", "a@two.example", "z@one.example", "o-neil@one.example"}) {
    CHECK(s->write_now([&](database& db) { return make_account(db, jid, full); }) == outcome::done);
  }
  const auto text = written(*s);
  const auto data = taken(text);
  REQUIRE(data.users.size() == 4);
  CHECK(data.unknown.empty());
  auto again = open_store();
  CHECK(put(*again, data) == outcome::done);
  CHECK(written(*again) == text);
  CHECK(text.find("<host jid='one.example'>") < text.find("<host jid='two.example'>"));
}

TEST_CASE("portable: nothing stored is a document too") {
  auto s = open_store();
  const auto text = written(*s);
  CHECK(text == "<?xml version='1.0' encoding='UTF-8'?>\n<server-data xmlns='urn:xmpp:pie:0'>\n</server-data>\n");
  CHECK(taken(text).users.empty());
}

TEST_CASE("portable: the example of XEP-0227, and names as accounts have them") {
  const auto juliet = the_user(document("<host jid='Capulet.com'><user name='Juliet'>" + juliets + "</user></host>"));
  CHECK(juliet.jid == "juliet@capulet.com");
  REQUIRE(juliet.what.keys[0].has_value());
  CHECK(juliet.what.keys[0]->iterations == 100'000);
  CHECK(juliet.what.keys[0]->salt == "NaClNaClNaClNaClNaClNaClNaClNaClNaClNaClNaCl\n");
  CHECK(juliet.what.keys[0]->stored_key.size() == 20);
  CHECK_FALSE(juliet.what.keys[1].has_value());
  CHECK_FALSE(juliet.what.password.has_value());
}

TEST_CASE("portable: prefixes of the root, and what nobody here understands is counted") {
  const auto data = taken(
      "<p:server-data xmlns:p='urn:xmpp:pie:0' xmlns:v='urn:v'><p:host jid='example.org'>"
      "<p:user name='a' password='pw'><v:card/></p:user><p:user name='b' password='pw'><v:card/><x xmlns='y'/></p:user>"
      "</p:host></p:server-data>");
  CHECK(data.users.size() == 2);
  CHECK(data.users[0].what.password == "pw");
  CHECK(data.unknown == std::map<std::string, std::size_t>{{"card (urn:v)", 2}, {"x (y)", 1}});
}

TEST_CASE("portable: what is left out is told in one line, whatever it is called") {
  const auto data =
      taken(host("<user name='a' password='pw'><x xmlns='a&#10;b'/><y xmlns='" + std::string(5'000, 'u') + "'/></user>"));
  REQUIRE(data.unknown.size() == 2);
  for (const auto& [what, times] : data.unknown) {
    CHECK(what.find('\n') == std::string::npos);
    CHECK(what.size() < 300);
    CHECK(times == 1);
  }
}

TEST_CASE("portable: what is wrong is refused, all of it") {
  struct row {
    std::string text, why;
  };
  const row rows[] = {
      {"", "it is not complete"},
      {"<server-data xmlns='urn:xmpp:pie:0'>", "it is not complete"},
      {"<server-data/>", "it is not XML"},
      {"<html xmlns='urn:xmpp:pie:0'></html>", "its root is not"},
      {document("<host>"), "it is not XML"},
      {document("<host jid='a b'/>"), "a host whose jid is no domain: \"a b\""},
      {host("<user password='x'/>"), "whose name no account can have: \"\""},
      {host("<user name='a@b' password='x'/>"), "whose name no account can have: \"a@b\""},
      {host("<user name='a'/>"), "\"a@example.org\" has neither keys of SCRAM that are known here nor a password"},
      {host("<user name='a' password='x'/><user name='A' password='x'/>"), "\"a@example.org\" is there twice"},
      {host("<user name='a'>" + juliets + juliets + "</user>"), "are twice there, or have not the length"},
      {host("<user name='a' password='" + std::string(1'024, 'x') + "'/>"), "is longer than 1023 bytes"},
      {host("<include xmlns='http://www.w3.org/2001/XInclude' href='/etc/passwd'/>"), "XInclude"},
      {"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>" + host("<user name='a' password='&a;'/>"), "it is not XML"},
      {host("<user name='a' password='&unknown;'/>"), "it is not XML"},
  };
  for (const auto& r : rows) {
    CAPTURE(r.text);
    const auto why = refused(r.text);
    CHECK_MESSAGE(why.find(r.why) != std::string::npos, why);
  }
  const auto with = [](std::string from, const std::string& to) {
    auto text = juliets;
    text.replace(text.find(from), from.size(), to);
    return refused(host("<user name='a'>" + text + "</user>"));
  };
  for (const char* const count : {"", "0", "-1", "1 ", "99999999999", "10000001", "4096x"}) {
    CAPTURE(count);
    CHECK(with("100000", count).find("<iter-count/> is not a number from 1 to 10000000") != std::string::npos);
  }
  CHECK(with("0pXWGK0GZJ6TR73AIUN3ITYtA1g=", "0pXW").find("have not the length") != std::string::npos);
  CHECK(with("0pXWGK0GZJ6TR73AIUN3ITYtA1g=", "***").find("<server-key/> is not base64") != std::string::npos);
}

#include <doctest/doctest.h>

#include <unordered_set>

#include "base/base64.hpp"
#include "driver.hpp"

// The numbers are those of the project's list of known attacks.

namespace couplet::stream {
namespace {

using namespace test;
using namespace std::string_literals;

constexpr std::string_view sasl_auth =
    "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGFsaWNlAHNlY3JldA==</auth>";

std::string plain(const std::string& message) {
  return "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" + base::base64_encode(message) + "</auth>";
}

/// What a first-level element does: "" goes on, otherwise the close_reason; and what the answer holds.
struct answer {
  std::string_view reason;
  std::string_view part;
};

struct element_row {
  std::string_view element;
  answer login, bind, open;  ///< before a login, after SASL, in a session
};

constexpr answer refused_stanza{"not_authorized", "<not-authorized"};
constexpr answer second_login{"protocol_violation", "<policy-violation"};
constexpr answer unknown{"unsupported_stanza_type", "<unsupported-stanza-type"};
constexpr answer foreign{"invalid_namespace", "<invalid-namespace"};
constexpr answer no_compression{"", "<unsupported-method/>"};
constexpr answer no_tls{"protocol_violation", "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>"};
constexpr answer forwarded{"", ""};

// RFC 6120 4.9.3.12, 4.9.3.21, 4.9.3.10; 6.5; 7.1.
constexpr element_row elements[] = {
    {"<message/>", refused_stanza, refused_stanza, forwarded},
    {"<presence/>", refused_stanza, refused_stanza, forwarded},
    {"<iq type='get' id='1'><query xmlns='jabber:iq:roster'/></iq>", refused_stanza, refused_stanza, forwarded},
    {"<iq type='result' id='1'/>", refused_stanza, refused_stanza, forwarded},
    {"<iq/>", refused_stanza, refused_stanza, {"", "<bad-request"}},
    {"<iq type='set' id='1'><query xmlns='jabber:iq:register'/></iq>", {"", "<service-unavailable"}, refused_stanza, forwarded},
    {"<iq type='get' id='1'><query xmlns='jabber:iq:auth'/></iq>", {"", "<digest/>"}, refused_stanza, forwarded},
    {"<iq type='result' id='1'><query xmlns='jabber:iq:auth'/></iq>", refused_stanza, refused_stanza, forwarded},
    {"<iq type='set' id='1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>",
     refused_stanza,
     {"", ""},
     {"", "<not-allowed"}},
    {"<iq type='set' id='1'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>",
     refused_stanza,
     refused_stanza,
     {"", "<iq type='result' id='1'/>"}},
    {"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'/>", {"", "<challenge"}, second_login, second_login},
    {"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>", {"", "<invalid-mechanism/>"}, second_login, second_login},
    {"<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>", {"", "<malformed-request/>"}, second_login, second_login},
    {"<abort xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>", {"", "<aborted/>"}, second_login, second_login},
    {"<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>", unknown, second_login, second_login},
    {"<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>", unknown, second_login, second_login},
    {"<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>", unknown, second_login, second_login},
    {"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", no_tls, no_tls, no_tls},
    {"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", unknown, unknown, unknown},
    {"<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", unknown, unknown, unknown},
    {"<compress xmlns='http://jabber.org/protocol/compress'/>", no_compression, no_compression, no_compression},
    {"<compressed xmlns='http://jabber.org/protocol/compress'/>", unknown, unknown, unknown},
    {"<stream:features/>", unknown, unknown, unknown},
    {"<stream:stream/>", unknown, unknown, unknown},
    {"<stream:error/>",
     {"stream_error_by_peer", "</stream:stream>"},
     {"stream_error_by_peer", "</stream:stream>"},
     {"stream_error_by_peer", "</stream:stream>"}},
    {"<route/>", unknown, unknown, unknown},
    {"<xdb/>", unknown, unknown, unknown},
    {"<handshake/>", unknown, unknown, unknown},
    {"<route xmlns='jabber:component:accept'/>", foreign, foreign, foreign},
    {"<message xmlns='jabber:component:accept'/>", foreign, foreign, foreign},
    {"<message xmlns='jabber:server'/>", foreign, foreign, foreign},
    {"<iq xmlns='urn:x' type='get' id='1'/>", foreign, foreign, foreign},
    {"<message xmlns=''/>", foreign, foreign, foreign},
    {"<x xmlns=''/>", unknown, unknown, unknown},
    {"<enable xmlns='urn:xmpp:sm:3'/>", unknown, unknown, unknown},
    {"<r xmlns='urn:xmpp:sm:3'/>", unknown, unknown, unknown},
    {"<authenticate xmlns='urn:xmpp:sasl:2'/>", {"", "<invalid-mechanism "}, second_login, second_login},
    {"<response xmlns='urn:xmpp:sasl:2'/>", {"", "<malformed-request "}, second_login, second_login},
    {"<success xmlns='urn:xmpp:sasl:2'/>", unknown, second_login, second_login},
    {"<session xmlns='http://jabberd.jabberstudio.org/ns/session/1.0' action='start'/>", unknown, unknown, unknown},
    {"<c:iq xmlns:c='jabber:client'/>",
     {"bad_namespace_prefix", "<bad-namespace-prefix"},
     {"bad_namespace_prefix", "<bad-namespace-prefix"},
     {"bad_namespace_prefix", "<bad-namespace-prefix"}},
};

void check(driver& d, std::string_view element, const answer& expected) {
  const auto written = d.send(element);
  CAPTURE(std::string(element));
  CAPTURE(written);
  CHECK(d.closed() == expected.reason);
  CHECK(contains(written, expected.part));
  CHECK((written.ends_with("</stream:stream>")) == !expected.reason.empty());
}

TEST_CASE("SECURITY 5: every first-level element in every state has its answer") {
  for (const auto& row : elements) {
    for (const auto header : {legacy_header, header_1}) {
      driver d;
      d.send(header);
      auto expected = row.login;
      // Without version there is no SASL to begin with.
      if (header == legacy_header && expected.part == "<challenge") expected.part = "<invalid-mechanism/>";
      check(d, row.element, expected);
    }
    driver challenged;
    challenged.send(header_1);
    challenged.send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'/>");
    check(challenged, row.element, row.login);

    driver restarted;
    check(restarted.sasl_restarted(), row.element, row.bind);
    driver by_sasl;
    check(by_sasl.sasl_open(), row.element, row.open);
    driver legacy;
    check(legacy.legacy_open(), row.element, row.open);

    driver closed;
    closed.legacy_open();
    closed.happens("end shutdown");
    CHECK(closed.send(row.element).empty());
    CHECK(closed.closed() == "shutdown");
  }
}

TEST_CASE("SECURITY 5: an element that comes before its time ends the stream") {
  client_settings settings;
  settings.domains = {"example.org"};
  client_stream machine(settings, 7, true);
  effects out;
  xml::fragment scratch;
  const xml::element_view element{"<message/>", 10, "message", "", "jabber:client", true, false, false};
  machine.on_element(element, {}, true, scratch, out);
  CHECK(out.close == base::close_reason::protocol_violation);
  CHECK(contains(out.to_peer, "<stream:stream "));
}

TEST_CASE("SECURITY 6: a mechanism that was not offered is invalid, and nobody is asked") {
  for (const char* mechanism : {"", "plain", "PLAIN ", "SCRAM-SHA-1", "SCRAM-SHA-256-PLUS", "DIGEST-MD5", "ANONYMOUS", "EXTERNAL",
                                "CRAM-MD5", "LOGIN", "GSSAPI", "X-OAUTH2"}) {
    for (const auto header : {legacy_header, header_1}) {
      driver d;
      d.send(header);
      const auto written =
          d.send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='"s + mechanism + "'>AGFsaWNlAHNlY3JldA==</auth>");
      CHECK(written == "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><invalid-mechanism/></failure>");
      CHECK(d.routes.empty());
    }
  }
}

TEST_CASE("SECURITY 7: in the clear every way in is refused, in every order") {
  const std::string_view ways[] = {
      sasl_auth,
      "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'/>",
      "<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>AGFsaWNlAHNlY3JldA==</response>",
      "<iq type='get' id='1'><query xmlns='jabber:iq:auth'/></iq>",
      "<iq type='set' id='2'><query xmlns='jabber:iq:auth'><username>alice</username><password>secret</password>"
      "<resource>home</resource></query></iq>",
      "<iq type='set' id='3'><query xmlns='jabber:iq:register'><username>bob</username><password>secret</password></query></iq>",
      "<compress xmlns='http://jabber.org/protocol/compress'><method>zlib</method></compress>",
      "<iq type='set' id='4'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>",
  };
  for (const auto header : {legacy_header, header_1}) {
    for (const auto first : ways)
      for (const auto second : ways)
        for (const auto third : ways) {
          auto s = service(false, true);
          s.attempts = 0;
          driver d(s);
          CHECK_FALSE(contains(d.send(header), "<mechanism"));
          std::string written;
          for (const auto way : {first, second, third}) written += d.send(way);
          CHECK(d.routes.empty());
          CHECK(d.machine().who().empty());
          CHECK_FALSE(contains(written, "<success"));
          CHECK_FALSE(contains(written, "<challenge"));
          CHECK_FALSE(contains(written, "type='result'"));
        }
  }
}

TEST_CASE("SECURITY 8: what comes with <starttls/> in the clear is not looked at") {
  driver d;
  d.send(header_1);
  const auto written = d.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"s + std::string(sasl_auth));
  CHECK(written == "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>");
  CHECK(d.closed() == "protocol_violation");
  CHECK(d.routes.empty());
}

TEST_CASE("SECURITY 10: what is too long never reaches the manager") {
  const std::string name(1024, 'a');
  const std::string huge(150'000, 'p');
  driver d;
  d.send(header_1);
  const auto iq = [](const std::string& user, const std::string& secret, const std::string& tag, const std::string& resource) {
    return "<iq type='set' id='1'><query xmlns='jabber:iq:auth'><username>" + user + "</username><" + tag + ">" + secret + "</" +
           tag + "><resource>" + resource + "</resource></query></iq>";
  };
  CHECK(contains(d.send(iq(name, "x", "password", "r")), "<not-acceptable"));
  CHECK(contains(d.send(iq("alice", huge, "password", "r")), "<not-acceptable"));
  CHECK(contains(d.send(iq("alice", huge, "digest", "r")), "<not-acceptable"));
  CHECK(contains(d.send(iq("alice", "x", "password", name)), "<not-acceptable"));
  CHECK(contains(d.send("<iq type='get' id='1'><query xmlns='jabber:iq:auth'><username>" + name + "</username></query></iq>"),
                 "<not-acceptable"));
  CHECK(contains(d.send(plain("\0"s + name + "\0secret"s)), "<failure"));
  CHECK(contains(d.send(plain("\0alice\0"s + huge)), "<failure"));
  CHECK(d.routes.empty());
  CHECK(d.closed().empty());

  driver registering(service(true, true));
  registering.send(header_1);
  const auto account = [](const std::string& user, const std::string& password) {
    return "<iq type='set' id='1'><query xmlns='jabber:iq:register'><username>" + user + "</username><password>" + password +
           "</password></query></iq>";
  };
  CHECK(contains(registering.send(account(name, "x")), "<not-acceptable"));
  CHECK(contains(registering.send(account("bob", huge)), "<not-acceptable"));
  CHECK(registering.routes.empty());
}

TEST_CASE("SECURITY 14: trouble with the manager never looks like a wrong password, and is no attempt") {
  auto s = service();
  s.attempts = 1;
  for (const char* code : {"500", "503", "504", "404", "406", "501", ""}) {
    driver d(s);
    d.send(header_1);
    d.send(sasl_auth);
    CHECK(d.refuse(code) == "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><temporary-auth-failure/></failure>");
    CHECK(d.closed().empty());
  }
  driver unreachable(s);
  unreachable.send(header_1);
  unreachable.send(sasl_auth);
  CHECK(contains(unreachable.from_manager("failure", unreachable.routes.back().address, "x"), "<temporary-auth-failure/>"));
  unreachable.legacy_password();
  const auto written = unreachable.from_manager("failure", unreachable.routes.back().address, "x");
  CHECK(contains(written, "<remote-server-timeout"));
  CHECK_FALSE(contains(written, "not-authorized"));
  CHECK(unreachable.closed().empty());
  unreachable.happens("manager down");
  CHECK(contains(unreachable.send(sasl_auth), "<temporary-auth-failure/>"));
  CHECK(contains(unreachable.legacy_password(), "<remote-server-timeout"));
  CHECK(unreachable.closed().empty());
}

TEST_CASE("SECURITY 24: session control attributes never reach the manager, however they are declared") {
  const std::string uri = "http://jabberd.jabberstudio.org/ns/session/1.0";
  driver d;
  d.send("<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' xmlns:h='" + uri +
         "' xmlns:o='urn:o' to='example.org'>");
  d.legacy_password();
  d.grant();
  d.from_manager("started", std::string(session_address));
  d.routes.clear();
  d.send("<message h:sm='1' o:sm='2' xmlns:p='" + uri + "' p:c2s='3' to='bob@example.org'/>");
  d.send("<message xmlns:p='http&#58;//jabberd.jabberstudio.org/ns/session/1.0' p:sm='4'/>");
  d.send("<message xmlns:h='urn:other' h:sm='5'/>");
  REQUIRE(d.routes.size() == 3);
  CHECK_FALSE(contains(d.routes[0].text, "h:sm"));
  CHECK_FALSE(contains(d.routes[0].text, "p:c2s"));
  CHECK(contains(d.routes[0].text, "o:sm='2'"));
  CHECK_FALSE(contains(d.routes[1].text, "p:sm"));
  CHECK(contains(d.routes[2].text, "h:sm='5'"));
}

TEST_CASE("SECURITY 24: a bind or session in disguise is still answered here") {
  driver d;
  d.legacy_open();
  CHECK(contains(
      d.send("<iq type='s&#101;t' id='1'> <x xmlns='urn:x'/><b:bind xmlns:b='urn&#58;ietf:params:xml:ns:xmpp-bind'/></iq>"),
      "<not-allowed"));
  CHECK(contains(d.send("<iq type='set' id='2'><![CDATA[x]]><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>"),
                 "type='result'"));
  CHECK(d.routes.empty());
}

TEST_CASE("SECURITY 25: the sender is always the session's own address") {
  for (const char* from : {"bob@example.org/work", "alice@example.org", "alice@example.org/other", "example.org", "", "&#97;"}) {
    driver d;
    d.legacy_open();
    d.send("<message from='"s + from + "' to='carol@example.org'/>");
    d.send("<message to='carol@example.org' from=\""s + from + "\"/>");
    for (const auto& r : d.routes) CHECK(r.text == "<message to='carol@example.org' from='alice@example.org/home'/>");
    CHECK(d.routes.size() == 2);
  }
}

TEST_CASE("SECURITY 27: what was proved at one domain is worth nothing at another") {
  for (const char* host : {"two.example", "nowhere.example"}) {
    driver d;
    d.sasl_success();
    auto header = std::string(header_1);
    header.replace(header.find("example.org"), 11, host);
    CHECK(contains(d.send(header), "<host-unknown"));
    CHECK_FALSE(d.closed().empty());
    CHECK(d.routes.empty());
  }
}

TEST_CASE("SECURITY 28: the session belongs to who has proved it, not to who is named") {
  for (const char* authzid : {"bob@example.org", "bob", "alice@two.example", "bob@example.org/home", "@", "example.org"}) {
    driver d;
    d.send(header_1);
    CHECK(contains(d.send(plain(authzid + "\0alice\0secret"s)), "<invalid-authzid/>"));
    CHECK(d.routes.empty());
  }
  driver d;
  d.sasl_restarted();
  d.send(
      "<iq type='set' id='b1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>x/bob@example.org</resource></bind></iq>");
  CHECK(d.routes.back().address == "alice@example.org/x/bob@example.org");
}

TEST_CASE("SECURITY 31: no compression, in any state") {
  const auto compress = "<compress xmlns='http://jabber.org/protocol/compress'><method>zlib</method></compress>";
  const auto failure = "<failure xmlns='http://jabber.org/protocol/compress'><unsupported-method/></failure>";
  driver fresh;
  fresh.send(header_1);
  CHECK(fresh.send(compress) == failure);
  driver open;
  CHECK(open.sasl_open().send(compress) == failure);
}

TEST_CASE("SECURITY 51: ids of streams, requests and resources never repeat") {
  std::unordered_set<std::string> seen;
  constexpr std::size_t rounds = 2000;
  for (std::size_t i = 0; i < rounds; ++i) {
    driver d;
    const auto header = d.send(header_1);
    seen.insert(std::string(xml::find_attribute(header.substr(header.find("<stream:stream")), "id")));
    d.send(sasl_auth);
    seen.insert(d.request_id());
    seen.insert(d.routes.back().address);
    d.grant();
    const auto again = d.send(header_1);
    seen.insert(std::string(xml::find_attribute(again.substr(again.find("<stream:stream")), "id")));
    d.send("<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>");
    seen.insert(d.routes.back().address);
  }
  CHECK(seen.size() == 5 * rounds);
  CHECK(seen.count("") == 0);
}

TEST_CASE("SASL: a password that XML cannot carry never reaches the link that all share") {
  for (const char* password : {"\x01", "a\x14z", "\x1F", "\xEF\xBF\xBE", "\xEF\xBF\xBF", "\b"}) {
    driver d;
    d.send(header_1);
    CHECK(d.send(plain("\0alice\0"s + password)) ==
          "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>");
    CHECK(d.routes.empty());
  }
  for (const char* password : {"\t", "a\r\nb", "\x7F", "\xEF\xBF\xBD", "]]>", "<&>'\""}) {
    driver d;
    d.send(header_1);
    CHECK(d.send(plain("\0alice\0"s + password)).empty());
    REQUIRE(d.routes.size() == 1);
    xml::fragment document;
    CHECK(document.parse(d.routes[0].text, "jabber:client").first_child().child("password", "jabber:iq:auth").text() == password);
  }
}

TEST_CASE("secrets: no answer to a client holds what it sent") {
  driver d(service(true, true));
  auto all = d.send(header_1);
  all += d.legacy_password();
  all += d.from_manager("auth", d.routes.back().address,
                        "<iq type='error' id='" + d.request_id() +
                            "'><query xmlns='jabber:iq:auth'><username>alice</username><password>secret</password></query>"
                            "<error code='401'>secret</error></iq>");
  all += d.send(sasl_auth);
  all += d.refuse();
  all += d.send(
      "<iq type='set' id='r'><query xmlns='jabber:iq:register'><username>bob</username><password>secret</password></query></iq>");
  all += d.refuse("409");
  all += d.happens("end shutdown");
  CHECK_FALSE(contains(all, "secret"));
  CHECK_FALSE(contains(all, "AGFsaWNl"));
}

}  // namespace
}  // namespace couplet::stream

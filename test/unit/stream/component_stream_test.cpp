#include <doctest/doctest.h>

#include <unordered_set>

#include "base/digest.hpp"
#include "component_driver.hpp"

// Twisted's tests of its own listener (twisted.words.test.test_jabbercomponent) ask the same: header, refusals, handshake.

namespace couplet::stream {
namespace {

using namespace test;

const component_stream::secrets secrets = [](std::string_view name) -> std::optional<std::string> {
  if (name == "bot.example.org") return "secret";
  return std::nullopt;
};

using driver = component_driver<component_stream>;

std::string id_of(const std::string& header) {
  return std::string(xml::find_attribute(header, "id"));
}

/// Through the handshake.
void authenticate(driver& d) {
  const auto id = id_of(d.send(component_header));
  REQUIRE(d.send("<handshake>" + base::sha1_hex(id, "secret") + "</handshake>") == "<handshake/>");
}

TEST_CASE("component_stream: as Twisted's listener does, a header without version or features, then the handshake") {
  driver d(secrets);
  const auto header = d.send(component_header);
  const auto id = id_of(header);
  CHECK(id.size() == 32);
  CHECK(header ==
        "<stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:component:accept' "
        "from='bot.example.org' id='" +
            id + "'>");
  CHECK_FALSE(d.machine().authenticated());
  CHECK(d.send("<handshake>" + base::sha1_hex(id, "secret") + "</handshake>") == "<handshake/>");
  CHECK(d.machine().authenticated());
  CHECK(d.authentications == 1);
  CHECK(d.machine().name() == "bot.example.org");
  CHECK(base::sha1_hex("1234", "secret") == "32532c0f7dbf1253c095b18b18e36d38d94c1256");
}

TEST_CASE("component_stream: what is proved otherwise needs no secret, whatever the handshake says") {
  for (const char* handshake : {"<handshake/>", "<handshake>anything</handshake>", "<handshake><x/></handshake>"}) {
    driver d(secrets);
    CHECK_FALSE(d.send(component_header).empty());
    d.on([](component_stream& m, component_effects&) { m.prove(); });
    CHECK(d.send(handshake) == "<handshake/>");
    CHECK(d.authentications == 1);
  }
  // It has to come all the same, and first; and before the header there is nothing to prove.
  driver d(secrets);
  d.on([](component_stream& m, component_effects&) { m.prove(); });
  d.send(component_header);
  d.send("<handshake/>");
  CHECK(d.closed() == "not_authorized");
  driver impatient(secrets);
  impatient.send(component_header);
  impatient.on([](component_stream& m, component_effects&) { m.prove(); });
  impatient.send("<message/>");
  CHECK(impatient.closed() == "not_authorized");
}

TEST_CASE("component_stream: a name without a secret is proved by no handshake") {
  const component_stream::secrets none = [](std::string_view) { return std::optional<std::string>(""); };
  for (const bool empty : {true, false}) {
    driver d(none);
    const auto id = id_of(d.send(component_header));
    d.send(empty ? "<handshake/>" : "<handshake>" + base::sha1_hex(id, "") + "</handshake>");
    CHECK(d.closed() == "not_authorized");
    CHECK(d.authentications == 0);
  }
}

TEST_CASE("component_stream: version 1.0 and capitals in the peer's header change nothing") {
  driver d(secrets);
  const auto header = d.send(
      "<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' "
      "xmlns:stream='http://etherx.jabber.org/streams' to='BOT.Example.org' version='1.0' xml:lang='en'>");
  CHECK_FALSE(contains(header, "version"));
  CHECK_FALSE(contains(header, "features"));
  CHECK(contains(header, "from='bot.example.org'"));
}

TEST_CASE("component_stream: headers that are refused, each under a header with an id") {
  struct row {
    const char* header;
    const char* reason;
    const char* condition;
  };
  const row rows[] = {
      {"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='bot.example.org'>",
       "invalid_namespace", "<invalid-namespace"},
      {"<stream:stream xmlns:stream='http://etherx.jabber.org/streams' to='bot.example.org'>", "invalid_namespace",
       "<invalid-namespace"},
      {"<stream:stream xmlns='jabber:component:accept' xmlns:stream='urn:x' to='bot.example.org'>", "invalid_namespace",
       "<invalid-namespace"},
      {"<stream:river xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='bot.example.org'>",
       "bad_format", "<bad-format"},
      {"<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams'>", "improper_addressing",
       "<improper-addressing"},
      {"<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to=''>",
       "improper_addressing", "<improper-addressing"},
      {"<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='@'>",
       "improper_addressing", "<improper-addressing"},
      {"<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='mud.example.org'>",
       "host_unknown", "<host-unknown"},
      {"<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='a@bot.example.org'>",
       "host_unknown", "<host-unknown"},
      {"<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='bot.example.org/r'>",
       "host_unknown", "<host-unknown"},
      {"<!DOCTYPE x>", "restricted_xml", "<restricted-xml"},
      {"hello", "not_well_formed", "<not-well-formed"},
  };
  for (const auto& r : rows) {
    CAPTURE(r.header);
    driver d(secrets);
    const auto written = d.send(r.header);
    CHECK(d.closed() == r.reason);
    CHECK(written.starts_with("<stream:stream "));
    CHECK(id_of(written).size() == 32);
    CHECK(contains(written, r.condition));
    CHECK(written.ends_with("</stream:error></stream:stream>"));
    CHECK_FALSE(d.machine().authenticated());
  }
}

TEST_CASE("component_stream: the first element must be the handshake") {
  for (const char* element : {"<message to='a@b'/>", "<handshake xmlns='jabber:client'/>", "<iq/>", "<x xmlns='urn:x'/>"}) {
    driver d(secrets);
    d.send(component_header);
    const auto written = d.send(element);
    CHECK(d.closed() == "not_authorized");
    CHECK(written.starts_with("<stream:error><not-authorized "));
    CHECK(written.ends_with("</stream:stream>"));
    CHECK(d.traffic.empty());
  }
}

TEST_CASE("component_stream: SECURITY 50, 52: one try, and only the exact digest") {
  const auto refused = [](const std::function<std::string(std::string)>& change) {
    driver d(secrets);
    const auto digest = base::sha1_hex(id_of(d.send(component_header)), "secret");
    const auto written = d.send("<handshake>" + change(digest) + "</handshake>");
    // A second try, right this time, comes too late.
    d.send("<handshake>" + digest + "</handshake>");
    return d.closed() == "not_authorized" && written.starts_with("<stream:error><not-authorized ") &&
           written.ends_with("</stream:stream>") && !d.machine().authenticated() && d.authentications == 0;
  };
  CHECK(refused([](std::string) { return ""; }));
  CHECK(refused([](std::string s) { return ' ' + s; }));
  CHECK(refused([](std::string s) { return s + '\n'; }));
  CHECK(refused([](std::string s) { return s + "<x/>"; }));
  CHECK(refused([](std::string s) { return s + s; }));
  CHECK(refused([](std::string s) {
    for (auto& c : s) c = static_cast<char>(c >= 'a' ? c - 'a' + 'A' : c);
    return s + 'A';
  }));
  for (std::size_t i = 0; i < 40; ++i) {
    CHECK(refused([i](std::string s) {
      s[i] = s[i] == '0' ? '1' : '0';
      return s;
    }));
    CHECK(refused([i](std::string s) { return s.substr(0, i); }));
  }
}

TEST_CASE("component_stream: upper-case digits are refused") {
  // A digest of digits only would be right in both cases: try until there is a letter.
  for (int i = 0; i < 100; ++i) {
    driver d(secrets);
    auto digest = base::sha1_hex(id_of(d.send(component_header)), "secret");
    if (digest.find_first_of("abcdef") == std::string::npos) continue;
    for (auto& c : digest) c = static_cast<char>(c >= 'a' ? c - 'a' + 'A' : c);
    d.send("<handshake>" + digest + "</handshake>");
    CHECK(d.closed() == "not_authorized");
    return;
  }
  FAIL("a hundred digests without a letter");
}

TEST_CASE("component_stream: the right digest in a wrong element is refused") {
  for (const char* tag : {"handshake xmlns='jabber:client'", "Handshake", "handshake xmlns=''", "h:handshake xmlns:h='urn:x'"}) {
    driver d(secrets);
    const auto digest = base::sha1_hex(id_of(d.send(component_header)), "secret");
    const std::string name(tag, std::string_view(tag).find_first_of(" ") == std::string_view::npos
                                    ? std::string_view(tag).size()
                                    : std::string_view(tag).find(' '));
    d.send("<" + std::string(tag) + ">" + digest + "</" + name + ">");
    CHECK(d.closed() == "not_authorized");
  }
}

TEST_CASE("component_stream: a second header ends the stream") {
  xml::workspace_pool pool;
  const xml::tokenizer_limits limits;
  xml::tokenizer tokenizer(pool, limits);
  std::string_view input = component_header;
  REQUIRE(tokenizer.next(input) == xml::token::header);
  component_stream machine(secrets);
  component_effects out;
  machine.on_header(tokenizer.header(), out);
  CHECK(out.close == base::close_reason::none);
  machine.on_header(tokenizer.header(), out);
  CHECK(out.close == base::close_reason::protocol_violation);
}

TEST_CASE("component_stream: every element after the handshake is traffic, also in the same segment") {
  driver d(secrets);
  const auto digest = base::sha1_hex(id_of(d.send(component_header)), "secret");
  d.send("<handshake>" + digest + "</handshake><message to='a@b'/><route/><xdb/><log/><x xmlns='urn:x'/><handshake/>");
  CHECK(d.traffic == std::vector<std::string>{"message", "route", "xdb", "log", "x", "handshake"});
  CHECK(d.authentications == 1);
  CHECK(d.closed().empty());
}

TEST_CASE("component_stream: the peer's end is answered with ours") {
  driver d(secrets);
  authenticate(d);
  CHECK(d.send("</stream:stream>") == "</stream:stream>");
  CHECK(d.closed() == "closed_by_peer");

  driver failing(secrets);
  authenticate(failing);
  CHECK(failing.send("<stream:error><internal-server-error xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>") ==
        "</stream:stream>");
  CHECK(failing.closed() == "stream_error_by_peer");
  CHECK_FALSE(failing.machine().authenticated());
}

TEST_CASE("component_stream: ends from outside, the first one counts") {
  driver d(secrets);
  authenticate(d);
  CHECK(contains(d.end(base::close_reason::replaced), "<conflict "));
  CHECK(d.end(base::close_reason::shutdown).empty());
  CHECK(d.send("<message/>").empty());
  CHECK(d.closed() == "replaced");
  CHECK(d.traffic.empty());

  driver early(secrets);
  const auto written = early.end(base::close_reason::header_timeout);
  CHECK(written.starts_with("<stream:stream "));
  CHECK(contains(written, "<connection-timeout "));
}

TEST_CASE("component_stream: SECURITY 51: ids never repeat") {
  std::unordered_set<std::string> ids;
  for (int i = 0; i < 2000; ++i) {
    driver d(secrets);
    ids.insert(id_of(d.send(component_header)));
  }
  CHECK(ids.size() == 2000);
}

}  // namespace
}  // namespace couplet::stream

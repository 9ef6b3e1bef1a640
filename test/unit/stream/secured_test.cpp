#include <doctest/doctest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/base64.hpp"
#include "base/digest.hpp"
#include "sasl/scram_keys.hpp"
#include "stream/client_stream.hpp"
#include "xml/element.hpp"
#include "xml/first_tag.hpp"
#include "xml/tokenizer.hpp"

// Logins over TLS, and what is asked of the credentials: STARTTLS, SCRAM, EXTERNAL, ANONYMOUS, SASL2 with Bind 2.

namespace couplet::stream {
namespace {

using base::close_reason;
using kind = sasl::question::kind;
using verdict = sasl::answer::verdict;

const std::string header =
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='example.org' version='1.0'>";
const std::string sasl_ns = "urn:ietf:params:xml:ns:xmpp-sasl";

client_settings everything() {
  client_settings s;
  s.domains = {"example.org"};
  s.offer_tls = s.offer_scram = s.offer_anonymous = s.ask_for_accounts = true;
  return s;
}

/// A machine behind its tokenizer; what comes out is kept.
class rig {
 public:
  explicit rig(client_settings s = everything(), bool plaintext = false)
      : settings(std::move(s)), machine(settings, 7, plaintext) {}

  std::string send(const std::string& bytes) {
    std::string_view rest = bytes;
    while (closed == close_reason::none) {
      const auto t = tokens.next(rest);
      if (t == xml::token::need_more) break;
      if (t == xml::token::header) machine.on_header(tokens.header(), true, fx);
      if (t == xml::token::element) machine.on_element(tokens.element(), {}, true, scratch, fx);
      if (t == xml::token::footer) machine.on_footer(fx);
      if (t == xml::token::error) machine.on_fault(tokens.fault(), fx);
      apply();
    }
    return take();
  }
  std::string answer(sasl::answer a) {
    machine.on_answer(std::move(a), fx);
    apply();
    return take();
  }
  std::string start_session(std::string address = "alice@example.org/1f") {
    machine.on_route(route::session_started(route::address(std::move(address)), route::address(7)), fx);
    apply();
    return take();
  }
  std::string stanza(std::string xml) {
    machine.on_route(route::stanza(route::address("alice@example.org/1f"), route::address(7), std::move(xml)), fx);
    apply();
    return take();
  }
  /// The manager's answer to what was asked of it for this address.
  std::string refuse(std::string address, std::string text) {
    machine.on_route(route::failure(route::address(std::move(address)), route::address(7), std::move(text)), fx);
    apply();
    return take();
  }
  rig& secure(security s = {}) {
    tokens.reset();
    machine.on_secured(std::move(s));
    return *this;
  }
  static security tls() {
    security s;
    s.bindings = sasl::channel_bindings("exporter", "", "certificate");
    return s;
  }

  client_settings settings;
  client_stream machine;
  effects fx;
  std::optional<sasl::question> question;
  std::vector<route::message> routes;
  close_reason closed = close_reason::none;
  bool tls_asked_for = false;
  int logins = 0;
  int unanswered = 0;

 private:
  void apply() {
    (written += fx.to_peer) += fx.stanza_to_peer;
    for (auto& m : fx.to_manager) routes.push_back(std::move(m));
    if (fx.question) question.emplace(std::move(*fx.question));
    tls_asked_for = tls_asked_for || fx.start_tls;
    if (fx.restart_stream) tokens.reset();
    if (fx.logged_in) ++logins;
    if (fx.unanswered) ++unanswered;
    if (closed == close_reason::none) closed = fx.close;
    fx.clear();
  }
  std::string take() { return std::exchange(written, {}); }

  xml::workspace_pool pool;
  xml::tokenizer_limits limits;
  xml::tokenizer tokens{pool, limits};
  xml::fragment scratch;
  std::string written;
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string auth(const std::string& mechanism, const std::string& data) {
  return "<auth xmlns='" + sasl_ns + "' mechanism='" + mechanism + "'>" + base::base64_encode(data) + "</auth>";
}
std::string response(const std::string& data) {
  return "<response xmlns='" + sasl_ns + "'>" + base::base64_encode(data) + "</response>";
}

const sasl::scram_keys alices = sasl::derive_keys(sasl::scram_hash::sha256, "secret", "0123456789abcdef", 4096);

/// What a client that knows the password answers to the challenge in `written`.
std::string proof(const std::string& written, const std::string& header_and_data, const std::string& password = "secret") {
  const auto begin = written.find('>') + 1;
  const auto challenge = base::base64_decode(written.substr(begin, written.find('<', begin) - begin)).value();
  const auto nonce = challenge.substr(2, challenge.find(',') - 2);
  const auto keys = sasl::derive_keys(sasl::scram_hash::sha256, password, alices.salt, alices.iterations);
  const auto without = "c=" + base::base64_encode(header_and_data) + ",r=" + nonce;
  const auto signature = base::hmac(sasl::scram_hash::sha256, keys.stored_key, "n=alice,r=client," + challenge + "," + without);
  auto p =
      base::hmac(sasl::scram_hash::sha256, base::pbkdf2(sasl::scram_hash::sha256, password, alices.salt, 4096), "Client Key");
  for (std::size_t i = 0; i < p.size(); ++i) p[i] = static_cast<char>(p[i] ^ signature[i]);
  return without + ",p=" + base::base64_encode(p);
}

}  // namespace

TEST_CASE("SECURITY 7: in the clear there is TLS to begin, and nothing else") {
  rig r;
  CHECK(contains(r.send(header),
                 "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>"));
  CHECK(contains(r.send(auth("SCRAM-SHA-256", "n,,n=alice,r=client")), "<encryption-required/>"));
  CHECK(contains(r.send("<iq type='set' id='1'><query xmlns='jabber:iq:auth'><username>a</username><password>b</password>"
                        "<resource>c</resource></query></iq>"),
                 "<policy-violation "));
  CHECK(contains(r.send("<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'/>"), "<encryption-required "));
  CHECK_FALSE(r.question);
  CHECK(r.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>") == "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
  CHECK(r.tls_asked_for);
  r.secure(rig::tls());
  const auto features = r.send(header);
  CHECK(contains(features, "<mechanism>SCRAM-SHA-256-PLUS</mechanism>"));
  CHECK(contains(features, "<mechanism>PLAIN</mechanism>"));
  CHECK_FALSE(contains(features, "starttls"));
  CHECK_FALSE(contains(features, "EXTERNAL"));
  // TLS within TLS is refused.
  CHECK(contains(r.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
                 "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"));
  CHECK(r.closed == close_reason::protocol_violation);
}

TEST_CASE("XEP-0440: who knows passwords only tells of no channel binding, so that no client believes SCRAM-…-PLUS was cut out") {
  auto s = everything();
  s.logins_checked_by = login_check::credentials;
  for (const bool scram : {false, true}) {
    s.offer_scram = scram;
    rig r(s);
    const auto features = r.secure(rig::tls()).send(header);
    CHECK(contains(features, "<mechanism>PLAIN</mechanism>"));
    CHECK(contains(features, "-PLUS</mechanism>") == scram);
    CHECK(contains(features, "sasl-channel-binding") == scram);
  }
}

TEST_CASE("SECURITY 8: what follows starttls in the clear ends the stream") {
  rig r;
  r.send(header);
  r.machine.on_plaintext_after_starttls(r.fx);
  CHECK(r.fx.close == close_reason::plaintext_after_starttls);
  CHECK(r.fx.to_peer.starts_with("<stream:error><policy-violation "));
  CHECK_FALSE(contains(r.fx.to_peer, "<?xml"));
}

TEST_CASE("SCRAM with channel binding: two questions, a proof, a success") {
  rig r;
  r.secure(rig::tls()).send(header);
  CHECK(r.send(auth("SCRAM-SHA-256-PLUS", "p=tls-exporter,,n=alice,r=client")).empty());
  REQUIRE(r.question);
  CHECK(r.question->what == kind::challenge);
  CHECK(r.question->who.full() == "alice@example.org");
  CHECK(r.machine.holds_input());
  const auto challenge = r.answer(sasl::answer(sasl::scram_keys(alices.salt, alices.iterations, "x", "x")));
  CHECK(challenge.starts_with("<challenge "));
  CHECK(r.send(response(proof(challenge, "p=tls-exporter,,exporter"))).empty());
  CHECK(r.question->what == kind::keys);
  const auto success = r.answer(sasl::answer(alices));
  CHECK(success.starts_with("<success xmlns='" + sasl_ns + "'>"));
  CHECK(r.logins == 1);
  CHECK(r.machine.current_phase() == phase::bind);
  CHECK(contains(r.send(header), "<bind "));
}

TEST_CASE("SECURITY 12: a wrong proof is refused after a pause that is the same for all, and counts") {
  auto s = everything();
  s.max_login_attempts = 2;
  rig r(s);
  r.secure(rig::tls()).send(header);
  for (int n = 0; n < 2; ++n) {
    r.send(auth("SCRAM-SHA-256", "n,,n=alice,r=client"));
    const auto challenge = r.answer(sasl::answer(alices));
    r.send(response(proof(challenge, "n,,", "guess")));
    sasl::answer keys(alices);
    keys.asked_at += std::chrono::seconds(n + 1);
    keys.derived = n == 1;
    CHECK(r.answer(std::move(keys)).empty());
    REQUIRE(r.question->what == kind::pause);
    CHECK(r.question->asked_at == base::time_point(std::chrono::seconds(n + 1)));
    CHECK(r.question->derived == (n == 1));
    CHECK(r.question->hash == sasl::scram_hash::sha256);
    CHECK(contains(r.answer(sasl::answer(verdict::wrong)), "<not-authorized/>"));
  }
  CHECK(r.closed == close_reason::too_many_attempts);
}

TEST_CASE(
    "SECURITY 12: nothing that follows the question for keys is refused before the pause, so how long they took is not seen") {
  rig r;
  r.secure(rig::tls()).send(header);
  const std::pair<const char*, const char*> rows[] = {
      {"nonsense", "<malformed-request/>"},
      {"c=biws,r=another,p=AAAA", "<malformed-request/>"},
      {"c=biws,r=another,p=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "<not-authorized/>"},
      {"c=AAAA,r=another,p=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "<not-authorized/>"},
  };
  for (const auto& [last, condition] : rows) {
    CAPTURE(last);
    r.send(auth("SCRAM-SHA-256", "n,,n=alice,r=client"));
    r.answer(sasl::answer(alices));
    r.send(response(last));
    REQUIRE(r.question->what == kind::keys);
    CHECK(r.answer(sasl::answer(alices)).empty());
    REQUIRE(r.question->what == kind::pause);
    CHECK(contains(r.answer(sasl::answer(verdict::wrong)), condition));
  }
  CHECK(r.closed == close_reason::none);
}

TEST_CASE("SECURITY 12, 14: where it is too crowded to look at a proof, that is said for every name, and it was an attempt") {
  for (const bool has_keys : {false, true}) {
    auto s = everything();
    s.max_login_attempts = 2;
    rig r(s);
    r.secure(rig::tls()).send(header);
    for (int n = 0; n < 2; ++n) {
      CHECK(r.closed == close_reason::none);
      r.send(auth("SCRAM-SHA-256", "n,,n=alice,r=client"));
      const auto challenge = r.answer(sasl::answer(alices));
      r.send(response(proof(challenge, "n,,", "guess")));
      if (has_keys) {
        CHECK(r.answer(sasl::answer(alices)).empty());
        REQUIRE(r.question->what == kind::pause);
      }
      CHECK(contains(r.answer(sasl::answer(verdict::unavailable)), "<temporary-auth-failure/>"));
    }
    CHECK(r.closed == close_reason::too_many_attempts);
  }
}

TEST_CASE("SECURITY 12: a last message that is none has cost as much as a guess, and is an attempt") {
  auto s = everything();
  s.max_login_attempts = 2;
  rig r(s);
  r.secure(rig::tls()).send(header);
  for (int n = 0; n < 2; ++n) {
    CHECK(r.closed == close_reason::none);
    r.send(auth("SCRAM-SHA-256", "n,,n=alice,r=client"));
    r.answer(sasl::answer(alices));
    r.send(response("nonsense"));
    CHECK(r.answer(sasl::answer(alices)).empty());
    REQUIRE(r.question->what == kind::pause);
    CHECK(contains(r.answer(sasl::answer(verdict::wrong)), "<malformed-request/>"));
  }
  CHECK(r.closed == close_reason::too_many_attempts);
}

TEST_CASE("SECURITY 14: what cannot be known now is no wrong password, and costs no attempt") {
  auto s = everything();
  s.max_login_attempts = 1;
  s.logins_checked_by = login_check::credentials;
  rig r(s);
  r.secure(rig::tls()).send(header);
  r.send(auth("SCRAM-SHA-256", "n,,n=alice,r=client"));
  CHECK(contains(r.answer(sasl::answer(verdict::unavailable)), "<temporary-auth-failure/>"));
  r.send(auth("PLAIN", std::string("\0alice\0secret", 13)));
  CHECK(r.question->what == kind::password);
  CHECK(r.question->password == "secret");
  CHECK(contains(r.answer(sasl::answer(verdict::unavailable)), "<temporary-auth-failure/>"));
  CHECK(r.unanswered == 2);
  // Nor does a mechanism that this channel cannot do.
  CHECK(contains(r.send(auth("SCRAM-SHA-256-PLUS", "p=tls-unique,,n=alice,r=client")), "<not-authorized/>"));
  CHECK(contains(r.send(auth("SCRAM-SHA-256", "y,,n=alice,r=client")), "<not-authorized/>"));
  CHECK(r.closed == close_reason::none);
  r.send(auth("PLAIN", std::string("\0alice\0secret", 13)));
  CHECK(contains(r.answer(sasl::answer(verdict::right)), "<success "));
  CHECK(r.routes.empty());
  CHECK(r.unanswered == 2);
}

TEST_CASE("a wrong password, and a session that the manager does not want, were answered") {
  auto s = everything();
  s.logins_checked_by = login_check::credentials;
  rig r(s);
  r.secure(rig::tls()).send(header);
  r.send(auth("PLAIN", std::string("\0alice\0secret", 13)));
  CHECK(contains(r.answer(sasl::answer(verdict::wrong)), "<not-authorized/>"));
  CHECK(r.unanswered == 0);
  for (const std::string_view text : {route::failure_text::too_many_sessions, route::failure_text::link_down}) {
    r.send("<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'><initial-response>" +
           base::base64_encode(std::string("\0alice\0secret", 13)) +
           "</initial-response><bind xmlns='urn:xmpp:bind:0'/></authenticate>");
    r.answer(sasl::answer(verdict::right));
    REQUIRE(!r.routes.empty());
    const auto& start = std::get<route::session_start>(r.routes.back());
    CHECK(contains(r.refuse(start.to.text, std::string(text)), "<temporary-auth-failure "));
  }
  CHECK(r.unanswered == 1);
}

TEST_CASE("iq:auth where the session manager does not check passwords") {
  auto s = everything();
  s.logins_checked_by = login_check::credentials;
  rig r(s);
  r.secure().send("<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='example.org'>");
  const auto fields = r.send("<iq type='get' id='1'><query xmlns='jabber:iq:auth'><username>alice</username></query></iq>");
  CHECK(contains(fields, "<password/>"));
  CHECK_FALSE(contains(fields, "<digest/>"));
  const auto login = [&](const char* secret) {
    return r.send(std::string("<iq type='set' id='2'><query xmlns='jabber:iq:auth'><username>alice</username>") + secret +
                  "<resource>home</resource></query></iq>");
  };
  CHECK(contains(login("<digest>00</digest>"), "<not-acceptable "));
  CHECK(login("<password>wrong</password>").empty());
  CHECK(contains(r.answer(sasl::answer(verdict::wrong)), "<not-authorized "));
  CHECK(login("<password>secret</password>").empty());
  CHECK(r.question->password == "secret");
  CHECK(r.answer(sasl::answer(verdict::right)).empty());
  REQUIRE(r.routes.size() == 1);
  CHECK(route::to_of(r.routes[0]).text == "alice@example.org/home");
  CHECK(r.start_session() == "<iq type='result' id='2'/>");
  CHECK(r.machine.current_phase() == phase::open);
}

TEST_CASE("SASL2 with Bind 2: one exchange, one success, a session") {
  rig r;
  r.secure(rig::tls());
  CHECK(contains(r.send(header), "<inline><bind xmlns='urn:xmpp:bind:0'/></inline>"));
  r.send("<authenticate xmlns='urn:xmpp:sasl:2' mechanism='SCRAM-SHA-256'><initial-response>" +
         base::base64_encode("n,,n=alice,r=client") +
         "</initial-response><bind xmlns='urn:xmpp:bind:0'><tag>AwesomeXMPP</tag></bind></authenticate>");
  const auto challenge = r.answer(sasl::answer(alices));
  CHECK(challenge.starts_with("<challenge xmlns='urn:xmpp:sasl:2'>"));
  r.send("<response xmlns='urn:xmpp:sasl:2'>" + base::base64_encode(proof(challenge, "n,,")) + "</response>");
  CHECK(r.answer(sasl::answer(alices)).empty());
  REQUIRE(r.routes.size() == 1);
  const auto full = route::to_of(r.routes[0]).text;
  CHECK(full.starts_with("alice@example.org/AwesomeXMPP/"));
  const auto success = r.start_session();
  CHECK(success.starts_with("<success xmlns='urn:xmpp:sasl:2'><additional-data>"));
  CHECK(contains(success,
                 "<authorization-identifier>" + full + "</authorization-identifier><bound xmlns='urn:xmpp:bind:0'/></success>"));
  CHECK(success.ends_with("<stream:features></stream:features>"));
  CHECK(r.machine.current_phase() == phase::open);
  CHECK(r.logins == 1);
}

TEST_CASE("SASL2 with Bind 2: carbons along with it, where the manager has them (XEP-0280); the answer is not the client's") {
  const std::string login =
      "<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'><initial-response>" +
      base::base64_encode(std::string("\0alice\0secret", 13)) +
      "</initial-response><bind xmlns='urn:xmpp:bind:0'><enable xmlns='urn:xmpp:carbons:2'/></bind></authenticate>";
  for (const bool inside : {true, false}) {
    auto s = everything();
    s.logins_checked_by = login_check::credentials;
    s.offer_rosters = inside;
    rig r(s);
    const std::string offered =
        "<bind xmlns='urn:xmpp:bind:0'><inline><feature var='urn:xmpp:carbons:2'/></inline></bind></inline>";
    CHECK(contains(r.secure().send(header), offered) == inside);
    r.send(login);
    r.answer(sasl::answer(verdict::right));
    REQUIRE(r.routes.size() == 1);
    CHECK(contains(r.start_session(), "<bound xmlns='urn:xmpp:bind:0'/></success>"));
    CHECK(r.routes.size() == (inside ? 2 : 1));
    if (!inside) continue;
    const auto& sent = std::get<route::stanza>(r.routes[1]);
    CHECK(sent.to.text == "alice@example.org/1f");
    CHECK(contains(sent.xml, "<iq type='set' id='kept-"));
    CHECK(sent.xml.ends_with("><enable xmlns='urn:xmpp:carbons:2'/></iq>"));
    const std::string id(xml::find_attribute(sent.xml, "id"));
    CHECK(r.stanza("<iq type='result' id='" + id + "'/>").empty());
    CHECK(r.stanza("<iq type='result' id='" + id + "'/>") == "<iq type='result' id='" + id + "'/>");
    CHECK(r.stanza("<message/>") == "<message/>");
  }
}

TEST_CASE("SASL2 without Bind 2: features follow, without a restart; its failures speak its language") {
  auto s = everything();
  s.logins_checked_by = login_check::credentials;
  rig r(s);
  r.secure().send(header);
  const std::string plain =
      "<initial-response>" + base::base64_encode(std::string("\0alice\0secret", 13)) + "</initial-response>";
  const auto authenticate = "<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'>" + plain + "</authenticate>";
  r.send(authenticate);
  CHECK(r.answer(sasl::answer(verdict::wrong)) ==
        "<failure xmlns='urn:xmpp:sasl:2'><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/></failure>");
  r.send(authenticate);
  const auto success = r.answer(sasl::answer(verdict::right));
  CHECK(success.starts_with("<success xmlns='urn:xmpp:sasl:2'><authorization-identifier>alice@example.org"));
  CHECK(contains(success, "<stream:features><bind "));
  r.send("<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>home</resource></bind></iq>");
  CHECK(contains(r.start_session(), "<jid>alice@example.org/home</jid>"));
  // A second login is a stream error (XEP-0388 section 4).
  r.send(authenticate);
  CHECK(r.closed == close_reason::protocol_violation);
}

TEST_CASE("SASL2: whom somebody wants to be is who the stream's header says he is, where both are said (XEP-0388)") {
  struct row {
    const char* from;  // nullptr: not given
    std::string authzid;
    bool taken;
  };
  const row rows[] = {
      {nullptr, "", true},
      {nullptr, "alice@example.org", true},
      {"alice@example.org", "alice@example.org", true},
      {"Alice@EXAMPLE.org/home", "alice@example.org", true},
      {"alice@example.net", "alice@example.org", true},  // an alias
      {"bob@example.org", "alice@example.org", false},
      {"alice@elsewhere.example", "alice@example.org", false},
      {"example.org", "alice@example.org", false},
      {"@", "alice@example.org", false},
      {"", "alice@example.org", false},
      // The header is a hint only: who says nothing more is whom he proves to be.
      {"bob@example.org", "", true},
      {"@", "", true},
  };
  auto s = everything();
  s.logins_checked_by = login_check::credentials;
  s.aliases = {{"example.net", "example.org"}};
  auto tls = rig::tls();
  tls.certificate = true;
  tls.xmpp_addrs = {"alice@example.org"};
  for (const auto& [from, authzid, taken] : rows) {
    CAPTURE(from);
    CAPTURE(authzid);
    auto begin = header;
    if (from != nullptr) begin.insert(begin.find(" to="), " from='" + std::string(from) + "'");
    const std::pair<const char*, std::string> initial[] = {
        {"PLAIN", authzid + std::string("\0alice\0secret", 13)},
        {"SCRAM-SHA-256", authzid.empty() ? "n,,n=alice,r=client" : "n,a=" + authzid + ",n=alice,r=client"},
        {"EXTERNAL", authzid},
    };
    for (const auto& [mechanism, text] : initial) {
      CAPTURE(mechanism);
      rig r(s);
      r.secure(tls).send(begin);
      const auto said = r.send("<authenticate xmlns='urn:xmpp:sasl:2' mechanism='" + std::string(mechanism) +
                               "'><initial-response>" + base::base64_encode(text) + "</initial-response></authenticate>");
      CHECK(r.question.has_value() == taken);
      CHECK(said.empty() == taken);
      CHECK(contains(said, "<failure xmlns='urn:xmpp:sasl:2'><invalid-authzid ") != taken);
      // RFC 6120 section 4.7.1 does not ask for that.
      rig classic(s);
      classic.secure(tls).send(begin);
      CHECK_FALSE(contains(classic.send(auth(mechanism, text)), "<failure "));
    }
  }
}

TEST_CASE("EXTERNAL: offered to who has shown a certificate; the account has to be there") {
  auto s = rig::tls();
  s.certificate = true;
  s.xmpp_addrs = {"alice@example.org"};
  rig r;
  r.secure(s);
  CHECK(contains(r.send(header), "<mechanism>EXTERNAL</mechanism>"));
  CHECK(r.send("<auth xmlns='" + sasl_ns + "' mechanism='EXTERNAL'>=</auth>").empty());
  REQUIRE(r.question);
  CHECK(r.question->what == kind::account);
  CHECK(contains(r.answer(sasl::answer(verdict::wrong)), "<not-authorized/>"));
  r.send("<auth xmlns='" + sasl_ns + "' mechanism='EXTERNAL'>=</auth>");
  CHECK(r.answer(sasl::answer(verdict::right)) == "<success xmlns='" + sasl_ns + "'/>");
  CHECK(r.machine.who().full() == "alice@example.org");
  rig other;
  other.secure(rig::tls()).send(header);
  CHECK(contains(other.send("<auth xmlns='" + sasl_ns + "' mechanism='EXTERNAL'>=</auth>"), "<invalid-mechanism/>"));
}

TEST_CASE("ANONYMOUS: a name of the server's, where it is offered") {
  rig r;
  r.secure().send(header);
  CHECK(contains(r.send(auth("ANONYMOUS", "trace")), "<success "));
  CHECK(r.machine.who().node().size() == 36);
  auto s = everything();
  s.offer_anonymous = false;
  rig none(s);
  none.secure().send(header);
  CHECK(contains(none.send(auth("ANONYMOUS", "trace")), "<invalid-mechanism/>"));
}

TEST_CASE("auto: whatever mechanism we checked, the session is asked for by session control; PLAIN is the manager's to check") {
  auto s = everything();
  s.sessions = session_protocol::automatic;
  const std::string bind =
      "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>home</resource></bind></iq>";
  for (const std::string mechanism : {"EXTERNAL", "ANONYMOUS", "SCRAM-SHA-256", "PLAIN"}) {
    CAPTURE(mechanism);
    rig r(s);
    auto tls = rig::tls();
    tls.certificate = true;
    tls.xmpp_addrs = {"alice@example.org"};
    r.secure(tls).send(header);
    const bool scram = mechanism.starts_with("SCRAM");
    if (mechanism == "ANONYMOUS" || mechanism == "EXTERNAL")
      r.send("<auth xmlns='" + sasl_ns + "' mechanism='" + mechanism + "'>=</auth>");
    else
      r.send(auth(mechanism, scram ? "n,,n=alice,r=client" : std::string("\0alice\0secret", 13)));
    if (mechanism == "PLAIN") {
      const auto asked = std::get<route::auth>(r.routes.at(0));
      const std::string id(xml::find_attribute(asked.iq, "id"));
      r.machine.on_route(route::auth(asked.to, asked.from, "<iq type='result' id='" + id + "'/>"), r.fx);
      r.answer(sasl::answer(verdict::right));  // takes what came out
    } else if (scram) {
      r.send(response(proof(r.answer(sasl::answer(alices)), "n,,")));
      r.answer(sasl::answer(alices));
    } else {
      r.answer(sasl::answer(verdict::right));
    }
    r.send(header);
    r.send(bind);
    REQUIRE(!r.routes.empty());
    CHECK(std::holds_alternative<route::session_start>(r.routes.back()) == (mechanism == "PLAIN"));
    CHECK(std::holds_alternative<route::session_control>(r.routes.back()) == (mechanism != "PLAIN"));
  }
}

TEST_CASE("SASL2 with Bind 2 waits for the answer of session control") {
  auto s = everything();
  s.sessions = session_protocol::automatic;
  s.logins_checked_by = login_check::credentials;
  rig r(s);
  r.secure(rig::tls()).send(header);
  r.send("<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'><initial-response>" +
         base::base64_encode(std::string("\0alice\0secret", 13)) +
         "</initial-response><bind xmlns='urn:xmpp:bind:0'/></authenticate>");
  CHECK(r.answer(sasl::answer(verdict::right)).empty());
  auto answer = std::get<route::session_control>(r.routes.at(0));
  std::swap(answer.from, answer.to);
  answer.action = route::session_control::verb::started;
  answer.sm = "1f";
  r.machine.on_route(answer, r.fx);
  CHECK(contains(r.fx.to_peer, "<authorization-identifier>" + answer.target + "</authorization-identifier><bound "));
  CHECK(r.machine.current_phase() == phase::open);
}

TEST_CASE("credentials: an answer that nobody waits for changes nothing") {
  rig r;
  r.secure(rig::tls()).send(header);
  CHECK(r.answer(sasl::answer(verdict::right)).empty());
  CHECK(r.machine.current_phase() == phase::login);
  r.send(auth("PLAIN", std::string("\0alice\0secret", 13)));  // asked of the manager
  CHECK(r.answer(sasl::answer(verdict::right)).empty());
  CHECK(r.logins == 0);
}

TEST_CASE("credentials: who takes too long is told so, and that it is not the password") {
  rig r;
  r.secure(rig::tls()).send(header);
  r.send(auth("SCRAM-SHA-256", "n,,n=alice,r=client"));
  r.machine.on_deadline(r.fx);
  CHECK(contains(r.fx.to_peer, "<temporary-auth-failure/>"));
  CHECK(r.fx.close == close_reason::manager_timeout);
}

}  // namespace couplet::stream

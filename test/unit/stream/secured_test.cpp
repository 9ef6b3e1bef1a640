#include <doctest/doctest.h>

#include "secured_rig.hpp"

// Logins over TLS, and what is asked of the credentials: STARTTLS, SCRAM, EXTERNAL, ANONYMOUS, SASL2 with Bind 2.

namespace couplet::stream {

using namespace secured;

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

}  // namespace couplet::stream

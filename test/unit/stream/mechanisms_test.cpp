#include <doctest/doctest.h>

#include "sasl/scram.hpp"
#include "secured_rig.hpp"

// Which mechanisms a stream offers and takes.

namespace couplet::stream {

using namespace secured;

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

TEST_CASE("mechanisms: of those that can be, only the wanted ones are offered and taken, and without PLAIN no jabber:iq:auth") {
  const std::string question = "<iq type='get' id='q'><query xmlns='jabber:iq:auth'/></iq>";
  const std::string told =
      "<iq type='set' id='s'><query "
      "xmlns='jabber:iq:auth'><username>alice</username><password>pw</password><resource>r</resource></query></iq>";
  auto s = everything();
  s.offer_anonymous = false;
  s.mechanisms = {sasl::mechanism::scram_sha256, sasl::mechanism::anonymous};
  rig strict(s);
  const auto features = strict.secure(rig::tls()).send(header);
  for (const std::string& ns : {sasl_ns, std::string("urn:xmpp:sasl:2")})
    CHECK(contains(features, "xmlns='" + ns + "'><mechanism>SCRAM-SHA-256</mechanism><"));
  for (const std::string other : {"-PLUS", "sasl-channel-binding", "PLAIN", "ANONYMOUS", "SHA-512", "iq-auth"})
    CHECK_FALSE(contains(features, other));
  CHECK(contains(strict.send(auth("PLAIN", std::string("\0alice\0pw", 9))), "<invalid-mechanism/>"));
  CHECK(contains(strict.send(auth("SCRAM-SHA-256-PLUS", "p=tls-exporter,,n=alice,r=client")), "<invalid-mechanism/>"));
  CHECK(contains(strict.send(question), "<service-unavailable "));
  CHECK(contains(strict.send(told), "<service-unavailable "));
  CHECK(strict.routes.empty());
  CHECK_FALSE(strict.question);
  CHECK(contains(strict.send("<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'/>"), "<invalid-mechanism "));
  CHECK(contains(strict.send("<iq type='set' id='d'><query xmlns='jabber:iq:auth'><username>alice</username><digest>00</digest>"
                             "<resource>r</resource></query></iq>"),
                 "<service-unavailable "));
  // A client that could bind, and was offered nothing of that kind, is believed; and XEP-0474 protects what it was offered.
  static_cast<void>(strict.send(auth("SCRAM-SHA-256", "y,,n=alice,r=client")));
  REQUIRE(strict.question);
  const auto challenge = strict.answer(sasl::answer(sasl::scram_keys(alices.salt, alices.iterations, "x", "x")));
  const auto begin = challenge.find('>') + 1;
  const auto first = base::base64_decode(challenge.substr(begin, challenge.find('<', begin) - begin)).value();
  const sasl::mechanism offered[] = {sasl::mechanism::scram_sha256};
  CHECK(first.ends_with(",h=" + sasl::downgrade_hash(sasl::scram_hash::sha256, sasl::scram_offer(offered, {}, true))));

  rig of_old(s);  // without a version, so that there are no features
  static_cast<void>(
      of_old.secure(rig::tls())
          .send("<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='example.org'>"));
  CHECK(contains(of_old.send(told), "<service-unavailable "));

  s.mechanisms.push_back(sasl::mechanism::plain);
  rig with_plain(s);
  CHECK(contains(with_plain.secure(rig::tls()).send(header), "<auth xmlns='http://jabber.org/features/iq-auth'/>"));
  CHECK(contains(with_plain.send(question), "<password/>"));
}

TEST_CASE(
    "mechanisms: where none of the wanted ones is to be had in the clear, TLS is required, and passwords told there are "
    "counted") {
  auto s = everything();
  s.mechanisms = {sasl::mechanism::scram_sha256_plus};
  rig loopback(s, true);
  const auto features = loopback.send(header);
  CHECK(contains(features, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"));
  CHECK_FALSE(contains(features, "<mechanism>"));
  rig r(s);
  r.send(header);
  const std::string told =
      "<iq type='set' id='s'><query "
      "xmlns='jabber:iq:auth'><username>a</username><password>p</password><resource>r</resource></query></iq>";
  for (std::uint32_t n = 0; n <= s.max_login_attempts && r.closed == close_reason::none; ++n) r.send(told);
  CHECK(r.closed == close_reason::plaintext_refused);
}

}  // namespace couplet::stream

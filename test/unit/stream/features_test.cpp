#include "stream/features.hpp"

#include <doctest/doctest.h>

#include <array>
#include <utility>
#include <vector>

namespace couplet::stream {
namespace {

const std::array plain_only{sasl::mechanism::plain};

std::string written(feature_state state, const offer& what) {
  std::string out;
  append_features(out, state, what);
  return out;
}

std::string written(feature_state state) {
  offer what;
  what.mechanisms = plain_only;
  return written(state, what);
}

TEST_CASE("features: what each state offers") {
  using namespace has;
  struct row {
    feature_state state;
    bool starttls, sasl, sasl2, legacy_login, registration, resource_binding, session;
  };
  const row rows[] = {
      {0, false, false, false, false, false, false, false},
      {version_1, false, false, false, false, false, false, false},
      {passwords, false, false, false, false, false, false, false},
      {passwords | plain, false, false, false, true, false, false, false},
      {version_1 | passwords, false, true, false, false, false, false, false},
      {version_1 | passwords | plain, false, true, false, true, false, false, false},
      {version_1 | registration, false, false, false, false, false, false, false},
      {version_1 | passwords | plain | registration, false, true, false, true, true, false, false},
      {version_1 | passwords | plain | registration | login, false, false, false, false, false, true, true},
      {version_1 | login, false, false, false, false, false, true, true},
      {passwords | plain | login, false, false, false, false, false, false, false},
      {version_1 | passwords | login | resource, false, false, false, false, false, false, false},
      // With a certificate: TLS before all else, and once only.
      {tls, false, false, false, false, false, false, false},
      {version_1 | tls, true, false, false, false, false, false, false},
      {version_1 | tls | passwords | plain, true, true, false, true, false, false, false},
      {version_1 | tls | secured | passwords | plain, false, true, true, true, false, false, false},
      {tls | secured | passwords | plain, false, false, false, true, false, false, false},
      {version_1 | tls | secured | passwords | plain | login, false, false, false, false, false, true, true},
      {version_1 | tls | login, false, false, false, false, false, true, true},
  };
  for (const auto& r : rows) {
    CAPTURE(static_cast<int>(r.state));
    CHECK(offered(features::starttls, r.state) == r.starttls);
    CHECK(offered(features::sasl, r.state) == r.sasl);
    CHECK(offered(features::sasl2, r.state) == r.sasl2);
    CHECK(offered(features::legacy_login, r.state) == r.legacy_login);
    CHECK(offered(features::registration, r.state) == r.registration);
    CHECK(offered(features::resource_binding, r.state) == r.resource_binding);
    CHECK(offered(features::session, r.state) == r.session);
  }
}

TEST_CASE("features: nothing is offered both before and after a login") {
  for (const auto* before : features::all())
    for (const auto* after : features::all())
      if ((before->forbids & has::login) != 0 && (after->needs & has::login) != 0)
        for (unsigned state = 0; state < 2048; ++state)
          CHECK_FALSE(
              (offered(*before, static_cast<feature_state>(state)) && offered(*after, static_cast<feature_state>(state))));
  CHECK(features::all().size() == 12);
}

TEST_CASE("SECURITY 7: passwords are never offered where they may not travel") {
  for (unsigned bits = 0; bits < 2048; ++bits) {
    const auto state = static_cast<feature_state>(bits & ~unsigned{has::passwords});
    const auto out = written(state);
    CHECK(out.find("mechanism") == std::string::npos);
    CHECK(out.find("iq-auth") == std::string::npos);
    CHECK(out.find("register") == std::string::npos);
  }
}

TEST_CASE("features: written in one element, empty where there are none") {
  CHECK(written(has::version_1) == "<stream:features></stream:features>");
  CHECK(written(has::version_1 | has::login) ==
        "<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
        "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'><optional/></session></stream:features>");
  CHECK(written(has::version_1 | has::tls) ==
        "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>");
  CHECK(written(has::version_1 | has::tls | has::passwords)
            .starts_with("<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'></starttls><mechanisms "));
}

TEST_CASE(
    "features: RFC 6121 sections 2.6.1, 3.4: roster versions and pre-approval, after a login, with the manager that has them") {
  const std::string both = "<ver xmlns='urn:xmpp:features:rosterver'/><sub xmlns='urn:xmpp:features:pre-approval'/>";
  CHECK(written(has::version_1 | has::login | has::rosters).find(both) != std::string::npos);
  CHECK(written(has::version_1 | has::login | has::resource | has::rosters) == "<stream:features>" + both + "</stream:features>");
  CHECK(written(has::version_1 | has::passwords | has::rosters).find("urn:xmpp:features") == std::string::npos);
  CHECK(written(has::version_1 | has::login).find("urn:xmpp:features") == std::string::npos);
}

TEST_CASE("features: what the server can do is told to who has logged in (XEP-0115 section 6.3)") {
  offer what;
  what.capabilities = "<c xmlns='http://jabber.org/protocol/caps'/>";
  const auto expected = "<stream:features>" + std::string(what.capabilities) + "</stream:features>";
  CHECK(written(has::version_1 | has::login | has::resource | has::capabilities, what) == expected);
  CHECK(written(has::version_1 | has::login | has::resource, what) == "<stream:features></stream:features>");
  CHECK(written(has::version_1 | has::passwords | has::capabilities, what).find("/caps") == std::string::npos);
}

TEST_CASE("features: what TLS makes possible, and the limits") {
  using namespace has;
  const std::array ways{sasl::mechanism::scram_sha256_plus, sasl::mechanism::scram_sha256};
  const sasl::channel_bindings bindings("exporter", "", "certificate");
  offer what;
  what.mechanisms = ways;
  what.bindings = &bindings;
  what.max_bytes = 8192;
  what.idle_seconds = 600;
  const auto state = static_cast<feature_state>(version_1 | tls | secured | passwords | has::plain | has::limits);
  CHECK(written(state, what) ==
        "<stream:features><sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'><channel-binding type='tls-exporter'/>"
        "<channel-binding type='tls-server-end-point'/></sasl-channel-binding>"
        "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>SCRAM-SHA-256-PLUS</mechanism>"
        "<mechanism>SCRAM-SHA-256</mechanism></mechanisms><authentication xmlns='urn:xmpp:sasl:2'>"
        "<mechanism>SCRAM-SHA-256-PLUS</mechanism><mechanism>SCRAM-SHA-256</mechanism><inline><bind xmlns='urn:xmpp:bind:0'/>"
        "</inline></authentication><auth xmlns='http://jabber.org/features/iq-auth'/>"
        "<limits xmlns='urn:xmpp:stream-limits:0'><max-bytes>8192</max-bytes><idle-seconds>600</idle-seconds></limits>"
        "</stream:features>");
  what.mechanisms = {};  // XEP-0388: none without a mechanism; XEP-0440: neither
  CHECK(written(version_1 | tls | secured | passwords | has::plain, what) ==
        "<stream:features><auth xmlns='http://jabber.org/features/iq-auth'/></stream:features>");
}

TEST_CASE(
    "features: XEP-0440 section 5: binding types stand beside a mechanism that binds only: without one clients must give up") {
  using namespace has;
  using enum sasl::mechanism;
  const std::vector<std::pair<std::vector<sasl::mechanism>, bool>> rows = {
      {{plain}, false},
      {{external, plain, anonymous}, false},
      {{scram_sha512, scram_sha256, scram_sha1, plain}, false},
      {{scram_sha1_plus}, true},
      {{external, scram_sha256_plus, plain}, true},
      {{}, false},
  };
  const sasl::channel_bindings bindings("exporter", "", "certificate");
  const std::string element = "sasl-channel-binding";
  for (const auto& [ways, told] : rows) {
    CAPTURE(ways.size());
    offer what;
    what.mechanisms = ways;
    what.bindings = &bindings;
    CHECK((written(version_1 | tls | secured | passwords, what).find(element) != std::string::npos) == told);
    CHECK(written(version_1 | tls | passwords, what).find(element) == std::string::npos);
  }
}

}  // namespace
}  // namespace couplet::stream

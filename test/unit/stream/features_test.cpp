#include <doctest/doctest.h>

#include "stream/features.hpp"

namespace couplet::stream {
namespace {

struct row {
  feature_state state;
  bool sasl, legacy_login, registration, resource_binding, session;
};

TEST_CASE("features: what each state offers") {
  using namespace has;
  const row rows[] = {
      {0, false, false, false, false, false},
      {version_1, false, false, false, false, false},
      {passwords, false, true, false, false, false},
      {version_1 | passwords, true, true, false, false, false},
      {version_1 | registration, false, false, false, false, false},
      {version_1 | passwords | registration, true, true, true, false, false},
      {version_1 | passwords | registration | login, false, false, false, true, true},
      {version_1 | login, false, false, false, true, true},
      {passwords | login, false, false, false, false, false},
      {version_1 | passwords | login | resource, false, false, false, false, false},
  };
  for (const auto& r : rows) {
    CAPTURE(static_cast<int>(r.state));
    CHECK(offered(features::sasl, r.state) == r.sasl);
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
        for (unsigned state = 0; state < 32; ++state)
          CHECK_FALSE(
              (offered(*before, static_cast<feature_state>(state)) && offered(*after, static_cast<feature_state>(state))));
  CHECK(features::all().size() == 5);
}

TEST_CASE("features: passwords are never offered where they may not travel") {
  for (unsigned bits = 0; bits < 32; ++bits) {
    const auto state = static_cast<feature_state>(bits & ~unsigned{has::passwords});
    std::string out;
    append_features(out, state);
    CHECK(out.find("mechanism") == std::string::npos);
    CHECK(out.find("iq-auth") == std::string::npos);
    CHECK(out.find("register") == std::string::npos);
  }
}

TEST_CASE("features: written in one element, empty where there are none") {
  std::string out;
  append_features(out, has::version_1);
  CHECK(out == "<stream:features></stream:features>");
  out.clear();
  append_features(out, has::version_1 | has::login);
  CHECK(out ==
        "<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
        "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'><optional/></session></stream:features>");
}

}  // namespace
}  // namespace couplet::stream

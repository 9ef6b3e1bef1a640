#include <doctest/doctest.h>

#include "peer.hpp"

using namespace couplet::tls;
using namespace couplet::tls::test;
using status = engine::status;

namespace {

struct answer {
  bool client_done;
  status state;
  std::string agreed, failure;
  int alert;
};

answer ask(std::vector<std::string> protocols, bool direct_tls, int version) {
  static const auto shared = contexts_for({"example.net"});
  client_options options;
  options.version = version;
  options.protocols = std::move(protocols);
  client c(options);
  engine server(shared, direct_tls);
  const auto done = run(c, server);
  return {done.client_done, server.state(), server.known() != nullptr ? server.known()->alpn : "", std::string(server.failure()),
          c.alert()};
}

}  // namespace

TEST_CASE("direct TLS: xmpp-client or no protocol at all (XEP-0368)") {
  constexpr int no_application_protocol = 120;
  for (const int version : {WOLFSSL_TLSV1_2, WOLFSSL_TLSV1_3}) {
    CAPTURE(version);
    const auto right = ask({"xmpp-client"}, true, version);
    CHECK(right.client_done);
    CHECK(right.agreed == "xmpp-client");
    const auto among = ask({"h2", "xmpp-client", "http/1.1"}, true, version);
    CHECK(among.client_done);
    CHECK(among.agreed == "xmpp-client");
    const auto none = ask({}, true, version);
    CHECK(none.client_done);
    CHECK(none.agreed.empty());
    for (const auto& others :
         {std::vector<std::string>{"http/1.1"}, {"h2", "http/1.1"}, {"xmpp-server"}, {"XMPP-CLIENT"}, {"xmpp-client2"}}) {
      const auto wrong = ask(others, true, version);
      CHECK_FALSE(wrong.client_done);
      CHECK(wrong.state == status::failed);
      CHECK(wrong.failure == "no shared protocol");
      CHECK(wrong.alert == no_application_protocol);
    }
  }
}

TEST_CASE("after STARTTLS, what protocols a client offers does not matter") {
  for (const int version : {WOLFSSL_TLSV1_2, WOLFSSL_TLSV1_3}) {
    for (const auto& offer : {std::vector<std::string>{}, {"xmpp-client"}, {"http/1.1"}}) {
      const auto a = ask(offer, false, version);
      CHECK(a.client_done);
      CHECK(a.agreed.empty());
    }
  }
}

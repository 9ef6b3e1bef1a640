#include <doctest/doctest.h>

#include <string>

#include "../unit/tls/peer.hpp"
#include "connection_stage.hpp"
#include "peer_end.hpp"

// A client behind TLS: what goes out when.

namespace couplet::lives {

namespace {

const std::string header = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='localhost'>";

/// One for all, so that tickets can be used again.
const std::shared_ptr<const tls::contexts>& contexts() {
  static const auto made = tls::test::contexts_for(
      {"localhost"}, [](auto& options) { options.tickets = std::make_shared<tls::ticket_keys>(tls::test::now()); });
  return made;
}

struct secured_house {
  explicit secured_house(int version, WOLFSSL_SESSION* session = nullptr)
      : house(default_policy(),
              [] {
                stream::client_settings s;
                s.domains = {"localhost"};
                return s;
              }()),
        client(options_with(version, session)) {
    house.exchange->start_with_manager(true);
    house.table->set_contexts(contexts());
    net::peer who;
    who.address = "192.0.2.1";
    end = std::make_unique<peer_end>(house.shard, house.connect(who, client::entry::tls));
  }
  static tls::test::client_options options_with(int version, WOLFSSL_SESSION* session) {
    tls::test::client_options options;
    options.version = version;
    options.session = session;
    return options;
  }
  void send() { end->send(std::exchange(client.to_server, {})); }
  /// Everything up to the client's last word, which is sent.
  void shake_hands() {
    while (!client.shake_hands()) {
      REQUIRE(!client.to_server.empty());
      send();
      client.take(end->take());
    }
    send();
  }

  small_house house;
  tls::test::client client;
  std::unique_ptr<peer_end> end;
};

}  // namespace

TEST_CASE("secured: a ticket waits for the answer to the client's first words") {
  secured_house h(WOLFSSL_TLSV1_3);
  h.shake_hands();
  CHECK(h.end->take().empty());
  h.client.send(header);
  h.send();
  h.client.take(h.end->take());
  CHECK(h.client.receive().starts_with("<?xml"));

  auto* const session = h.client.session();
  secured_house again(WOLFSSL_TLSV1_3, session);
  again.shake_hands();
  CHECK(wolfSSL_session_reused(again.client.get()) == 1);
  wolfSSL_SESSION_free(session);
}

TEST_CASE("secured: whoever leaves without a word has had his ticket, and who says nothing is told why he has to go") {
  secured_house left(WOLFSSL_TLSV1_3);
  left.shake_hands();
  left.client.close();
  left.send();
  CHECK(!left.end->take().empty());
  CHECK(left.end->ended);

  secured_house silent(WOLFSSL_TLSV1_3);
  silent.shake_hands();
  silent.house.let_deadlines_pass();
  silent.client.take(silent.end->take());
  CHECK(silent.client.receive().find("<connection-timeout") != std::string::npos);
}

TEST_CASE("secured: with TLS 1.2 the server's last word waits for nothing") {
  secured_house h(WOLFSSL_TLSV1_2);
  h.shake_hands();  // ends when the client has seen it
  h.client.send(header);
  h.send();
  h.client.take(h.end->take());
  CHECK(h.client.receive().starts_with("<?xml"));
}

}  // namespace couplet::lives

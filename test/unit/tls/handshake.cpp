#include <doctest/doctest.h>

#include "hello.hpp"
#include "peer.hpp"

using namespace couplet::tls;
using namespace couplet::tls::test;
using status = engine::status;

namespace {

client_options with_version(int version) {
  client_options options;
  options.version = version;
  options.server_name = "example.net";
  return options;
}

/// Both have data for each other and read it.
void check_data(client& c, engine& server) {
  std::string plain, out;
  REQUIRE(c.send("<stream:stream>"));
  CHECK(server.feed(std::exchange(c.to_server, {}), plain, out) == status::open);
  CHECK(plain == "<stream:stream>");
  CHECK(server.encrypt("<stream:features/>", out));
  c.take(out);
  CHECK(c.receive() == "<stream:features/>");
}

}  // namespace

TEST_CASE("a handshake of each version, and data in both directions") {
  const auto shared = contexts_for({"example.net"});
  for (const int version : {WOLFSSL_TLSV1_2, WOLFSSL_TLSV1_3}) {
    CAPTURE(version);
    client c(with_version(version));
    engine server(shared, false);
    CHECK(server.state() == status::handshaking);
    CHECK(server.protected_by().version.empty());
    const auto done = run(c, server);
    REQUIRE(done.client_done);
    REQUIRE(done.server == status::open);
    CHECK(done.plain.empty());
    REQUIRE(server.known() != nullptr);
    const auto& known = *server.known();
    CHECK(known.version == (version == WOLFSSL_TLSV1_3 ? "TLSv1.3" : "TLSv1.2"));
    CHECK(known.cipher == (version == WOLFSSL_TLSV1_3 ? "TLS_AES_128_GCM_SHA256" : "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"));
    CHECK(known.secret_bits == 128);
    CHECK(known.algorithm_bits == 128);
    CHECK(known.sni == "example.net");
    CHECK_FALSE(known.resumed);
    CHECK_FALSE(known.client.present);
    check_data(c, server);
    const auto protection_is_known = [&] {
      const auto by = server.protected_by();
      CHECK(by.version == (version == WOLFSSL_TLSV1_3 ? "TLSv1.3" : "TLSv1.2"));
      CHECK(by.cipher == (version == WOLFSSL_TLSV1_3 ? "TLS_AES_128_GCM_SHA256" : "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"));
      CHECK((by.secret_bits == 128 && by.algorithm_bits == 128));
    };
    protection_is_known();
    server.forget_facts();
    CHECK(server.known() == nullptr);
    protection_is_known();
    check_data(c, server);
    c.close();
    std::string plain, out;
    CHECK(server.feed(c.to_server, plain, out) == status::peer_closed);
    server.close(out);
    protection_is_known();
  }
}

TEST_CASE("a client that leaves the version to us gets the newest") {
  client c;
  engine server(contexts_for({"example.net"}), false);
  CHECK(run(c, server).client_done);
  CHECK(server.known()->version == "TLSv1.3");
  CHECK(server.known()->sni.empty());
}

TEST_CASE("bytes may come in any pieces") {
  const auto shared = contexts_for({"example.net"});
  for (const int version : {WOLFSSL_TLSV1_2, WOLFSSL_TLSV1_3}) {
    for (const std::size_t piece : {1U, 2U, 3U, 5U, 7U, 64U}) {
      CAPTURE(piece);
      client c(with_version(version));
      engine server(shared, true);
      CHECK(run(c, server, piece).client_done);
      REQUIRE(server.state() == status::open);
      check_data(c, server);
      REQUIRE(c.send("one by one"));
      std::string plain, out;
      for (const char one : c.to_server) server.feed({&one, 1}, plain, out);
      CHECK(plain == "one by one");
    }
  }
}

TEST_CASE("white space may come between <starttls/> and TLS") {
  const auto shared = contexts_for({"example.net"});
  for (const std::size_t piece : {std::size_t{0}, std::size_t{1}}) {
    client c;
    engine server(shared, false);
    c.shake_hands();
    c.to_server.insert(0, " \t\r\n");
    CHECK(run(c, server, piece).client_done);
    CHECK(server.state() == status::open);
  }
  // Nothing else may, nor white space where TLS comes first.
  for (const bool direct : {true, false}) {
    client c;
    engine server(shared, direct);
    c.shake_hands();
    c.to_server.insert(0, direct ? "\n" : "\nx");
    CHECK(run(c, server).server == status::failed);
    CHECK(server.failure() == "not TLS");
  }
  engine server(shared, false);
  std::string plain, out;
  CHECK(server.feed("\r\n", plain, out) == status::handshaking);
  CHECK(plain.empty());
  CHECK(out.empty());
}

TEST_CASE("every flight of the client may be cut in two at every byte") {
  const auto shared = contexts_for({"example.net"});
  for (const int version : {WOLFSSL_TLSV1_2, WOLFSSL_TLSV1_3}) {
    CAPTURE(version);
    bool longer = true;
    for (std::size_t cut = 1; longer; cut += 3) {  // 3: no record or message is that short
      client c(with_version(version));
      engine server(shared, false);
      std::string plain;
      longer = false;
      for (;;) {
        c.shake_hands();
        if (c.to_server.empty()) break;
        const auto bytes = std::exchange(c.to_server, {});
        longer = longer || bytes.size() > cut;
        std::string out;
        server.feed(std::string_view(bytes).substr(0, cut), plain, out);
        server.feed(bytes.size() > cut ? std::string_view(bytes).substr(cut) : std::string_view(), plain, out);
        c.take(out);
      }
      REQUIRE(server.state() == status::open);
    }
  }
}

TEST_CASE("data right behind the client's last message is not lost") {
  const auto shared = contexts_for({"example.net"});
  for (const int version : {int{WOLFSSL_TLSV1_3}}) {
    client c(with_version(version));
    engine server(shared, false);
    std::string plain, out;
    c.shake_hands();
    server.feed(std::exchange(c.to_server, {}), plain, out);
    c.take(out);
    CHECK(c.shake_hands());
    REQUIRE(c.send("<stream:stream>"));
    CHECK(server.feed(c.to_server, plain, out) == status::open);
    CHECK(plain == "<stream:stream>");
  }
}

TEST_CASE("each suite that is offered alone, with its own strength") {
  const auto shared = contexts_for({"example.net"});
  struct row {
    const char* library;
    const char* iana;
    int bits;
    int version;
  };
  for (const auto& r :
       {row{"TLS13-AES128-GCM-SHA256", "TLS_AES_128_GCM_SHA256", 128, WOLFSSL_TLSV1_3},
        row{"TLS13-AES256-GCM-SHA384", "TLS_AES_256_GCM_SHA384", 256, WOLFSSL_TLSV1_3},
        row{"TLS13-CHACHA20-POLY1305-SHA256", "TLS_CHACHA20_POLY1305_SHA256", 256, WOLFSSL_TLSV1_3},
        row{"ECDHE-ECDSA-AES128-GCM-SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", 128, WOLFSSL_TLSV1_2},
        row{"ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", 256, WOLFSSL_TLSV1_2},
        row{"ECDHE-ECDSA-CHACHA20-POLY1305", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", 256, WOLFSSL_TLSV1_2}}) {
    CAPTURE(r.library);
    auto options = with_version(r.version);
    options.ciphers = r.library;
    client c(options);
    engine server(shared, false);
    REQUIRE(run(c, server).client_done);
    CHECK(server.known()->cipher == r.iana);
    CHECK(server.known()->secret_bits == r.bits);
  }
}

TEST_CASE("a certificate with an RSA key, stored the old way") {
  const auto shared = rsa_contexts("example.net");
  for (const auto* suite : {"ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-CHACHA20-POLY1305"}) {
    CAPTURE(suite);
    auto options = with_version(WOLFSSL_TLSV1_2);
    options.ciphers = suite;
    client c(options);
    engine server(shared, false);
    REQUIRE(run(c, server).client_done);
    CHECK(server.known()->cipher.starts_with("TLS_ECDHE_RSA_WITH_"));
  }
  client c(with_version(WOLFSSL_TLSV1_3));
  engine server(shared, false);
  CHECK(run(c, server).client_done);
}

TEST_CASE("curves: X25519, P-256, P-384; a client that guessed another one is asked again") {
  const auto shared = contexts_for({"example.net"});
  for (const int version : {WOLFSSL_TLSV1_2, WOLFSSL_TLSV1_3}) {
    for (const int group : {WOLFSSL_ECC_X25519, WOLFSSL_ECC_SECP256R1, WOLFSSL_ECC_SECP384R1}) {
      CAPTURE(group);
      auto options = with_version(version);
      options.groups = {group};
      client c(options);
      engine server(shared, false);
      CHECK(run(c, server).client_done);
    }
  }
  auto options = with_version(WOLFSSL_TLSV1_3);
  options.groups = {WOLFSSL_ECC_SECP521R1, WOLFSSL_ECC_X25519};
  client c(options);
  engine server(shared, false);
  CHECK(run(c, server).client_done);
}

TEST_CASE("an engine can be moved while it shakes hands") {
  client c(with_version(WOLFSSL_TLSV1_3));
  engine first(contexts_for({"example.net"}), false);
  std::string plain, out;
  c.shake_hands();
  first.feed(c.to_server.substr(0, 100), plain, out);
  engine second(std::move(first));
  second.feed(c.to_server.substr(100), plain, out);
  c.to_server.clear();
  c.take(out);
  engine third(contexts_for({"other.example"}), false);
  third = std::move(second);
  CHECK(run(c, third).client_done);
  check_data(c, third);
}

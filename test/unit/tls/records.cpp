#include <doctest/doctest.h>

#include "hello.hpp"
#include "peer.hpp"

using namespace couplet::tls;
using namespace couplet::tls::test;
using status = engine::status;
using namespace std::string_literals;

namespace {

/// A client and a server that have shaken hands.
struct pair {
  explicit pair(int version) : c(with(version)), server(contexts_for({"example.net"}), false) {
    REQUIRE(run(c, server).client_done);
    c.receive();
  }
  static client_options with(int version) {
    client_options options;
    options.version = version;
    return options;
  }
  status feed(std::string_view bytes) { return server.feed(bytes, plain, out); }
  status feed_all() { return feed(std::exchange(c.to_server, {})); }

  client c;
  engine server;
  std::string plain, out;
};

constexpr int versions[] = {WOLFSSL_TLSV1_2, WOLFSSL_TLSV1_3};

}  // namespace

TEST_CASE("several records in one feed are all read") {
  for (const int version : versions) {
    pair p(version);
    for (int i = 0; i < 1000; ++i) REQUIRE(p.c.send("<r/>"));
    CHECK(p.feed_all() == status::open);
    CHECK(p.plain.size() == 4000);
    CHECK(p.out.empty());
  }
}

TEST_CASE("large data in both directions") {
  for (const int version : versions) {
    pair p(version);
    std::string large;
    for (int i = 0; i < 100'000; ++i) large += static_cast<char>('a' + i % 26);
    for (const std::size_t size : {std::size_t{1}, std::size_t{16'383}, std::size_t{16'384}, std::size_t{16'385}, large.size()}) {
      const auto text = large.substr(0, size);
      p.plain.clear();
      p.out.clear();
      REQUIRE(p.c.send(text));
      CHECK(p.feed_all() == status::open);
      CHECK(p.plain == text);
      CHECK(p.server.encrypt(text, p.out));
      p.c.take(p.out);
      CHECK(p.c.receive() == text);
    }
    p.out.clear();
    CHECK(p.server.encrypt("", p.out));
    CHECK(p.out.empty());
  }
}

TEST_CASE("what is appended to stays as it was") {
  pair p(WOLFSSL_TLSV1_3);
  p.plain = "before ";
  p.out = "there ";
  REQUIRE(p.c.send("after"));
  p.feed_all();
  CHECK(p.plain == "before after");
  p.server.encrypt("x", p.out);
  CHECK(p.out.starts_with("there "));
}

TEST_CASE("a record that was changed ends the connection, what came before it is good") {
  for (const int version : versions) {
    pair p(version);
    REQUIRE(p.c.send("first"));
    const auto first = p.c.to_server.size();
    REQUIRE(p.c.send("second"));
    REQUIRE(p.c.send("third"));
    p.c.to_server[first + 20] = static_cast<char>(p.c.to_server[first + 20] ^ 1);
    CHECK(p.feed_all() == status::failed);
    CHECK(p.plain == "first");
    CHECK_FALSE(p.server.failure().empty());
    CHECK_FALSE(p.out.empty());
    CHECK_FALSE(p.server.encrypt("x", p.out));
  }
}

TEST_CASE("a record that comes twice, or in the wrong order") {
  for (const int version : versions) {
    pair p(version);
    REQUIRE(p.c.send("once"));
    const auto once = p.c.to_server;
    CHECK(p.feed(once + once) == status::failed);
    CHECK(p.plain == "once");
  }
}

TEST_CASE("goodbye from either side") {
  for (const int version : versions) {
    pair p(version);
    REQUIRE(p.c.send("last words"));
    p.c.close();
    CHECK(p.feed_all() == status::peer_closed);
    CHECK(p.plain == "last words");
    CHECK(p.feed("ignored") == status::peer_closed);
    p.out.clear();
    p.server.close(p.out);
    CHECK_FALSE(p.out.empty());
    const auto said = p.out;
    p.server.close(p.out);
    CHECK(p.out == said);
    CHECK_FALSE(p.server.encrypt("x", p.out));
    p.c.take(p.out);
    p.c.receive();
    CHECK(p.c.closed_by_server());

    pair q(version);
    q.server.close(q.out);
    q.c.take(q.out);
    q.c.receive();
    CHECK(q.c.closed_by_server());
    CHECK_FALSE(q.server.encrypt("x", q.out));
    // The client was still writing.
    CHECK(q.server.state() == status::open);
  }
}

TEST_CASE("after the client's goodbye there is still an answer to be written") {
  for (const int version : versions) {
    pair p(version);
    p.c.close();
    CHECK(p.feed_all() == status::peer_closed);
    CHECK(p.server.encrypt("</stream:stream>", p.out));
    CHECK_FALSE(p.out.empty());
  }
}

TEST_CASE("before the handshake is over nothing is encrypted, and there is nobody to say goodbye to") {
  engine server(contexts_for({"example.net"}), false);
  std::string out;
  CHECK_FALSE(server.encrypt("x", out));
  server.close(out);
  CHECK(out.empty());
  CHECK(server.state() == status::handshaking);
  CHECK(server.known() == nullptr);
  CHECK(server.failure().empty());
}

TEST_CASE("SECURITY 9: key updates are followed, a flood of them ends the connection") {
  pair p(WOLFSSL_TLSV1_3);
  for (int i = 0; i < 200; ++i) {
    REQUIRE(wolfSSL_update_keys(p.c.get()) == WOLFSSL_SUCCESS);
    REQUIRE(p.c.send("data"));
    REQUIRE(p.feed_all() == status::open);
    p.c.take(std::exchange(p.out, {}));
    p.c.receive();
  }
  CHECK(p.plain.size() == 800);
  CHECK(p.server.encrypt("x", p.out));
  p.c.take(std::exchange(p.out, {}));
  CHECK(p.c.receive() == "x");

  int updates = 0;
  while (p.server.state() == status::open && updates < 1000) {
    wolfSSL_update_keys(p.c.get());
    p.feed_all();
    p.c.take(std::exchange(p.out, {}));
    p.c.receive();
    ++updates;
  }
  CHECK(p.server.state() == status::failed);
  CHECK(updates < 50);
  CHECK(p.server.failure() == "too many records without data");
}

TEST_CASE("SECURITY 9: key updates all at once") {
  pair p(WOLFSSL_TLSV1_3);
  for (int i = 0; i < 1000; ++i) wolfSSL_update_keys(p.c.get());
  REQUIRE(p.c.to_server.size() > 20'000);
  CHECK(p.feed_all() == status::failed);
  CHECK(p.out.size() < 1000);
  CHECK(p.plain.empty());
}

TEST_CASE("SECURITY 9: data between key updates pays for as many, not for more") {
  pair p(WOLFSSL_TLSV1_3);
  for (int i = 0; i < 1000 && p.server.state() == status::open; ++i) {
    wolfSSL_update_keys(p.c.get());
    wolfSSL_update_keys(p.c.get());
    p.c.send("x");
    p.feed_all();
    p.c.take(std::exchange(p.out, {}));
    p.c.receive();
  }
  CHECK(p.server.state() == status::failed);
  CHECK(p.plain.size() < 50);
}

TEST_CASE("SECURITY 9: renegotiation is refused") {
  pair p(WOLFSSL_TLSV1_2);
  // A ClientHello in the clear inside the connection.
  CHECK(p.feed(hello()) == status::failed);
  CHECK_FALSE(p.out.empty());
}

TEST_CASE("SECURITY 9: what is not TLS in the middle of a connection") {
  for (const int version : versions) {
    for (const auto& bytes : {"<message/>"s, record(22, "x"), record(20, "\x01"), record(21, "\x01\x00"s),
                              record(24, "heartbeat"), record(23, std::string(20'000, 'x')), record(23, ""), record(99, "x")}) {
      CAPTURE(bytes.substr(0, 10));
      pair p(version);
      std::string plain;
      for (int i = 0; i < 100 && p.server.state() == status::open; ++i) p.feed(bytes);
      CHECK(p.server.state() == status::failed);
      CHECK(p.plain.empty());
    }
  }
}

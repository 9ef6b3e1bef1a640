#include <doctest/doctest.h>

#include "hello.hpp"
#include "peer.hpp"

using namespace couplet::tls;
using namespace couplet::tls::test;
using status = engine::status;
using namespace std::string_literals;

namespace {

/// The alert in the clear at the end of what the server said; -1: none.
int last_alert(const std::string& out) {
  if (out.size() < 7) return -1;
  const auto tail = out.substr(out.size() - 7);
  return tail[0] == 21 && tail[3] == 0 && tail[4] == 2 && tail[5] == 2 ? static_cast<unsigned char>(tail[6]) : -1;
}

struct answer {
  status state;
  int alert;
  std::string failure;
};

answer ask(const std::shared_ptr<const contexts>& shared, const std::string& bytes, bool direct_tls = false) {
  engine server(shared, direct_tls);
  std::string plain, out;
  server.feed(bytes, plain, out);
  CHECK(plain.empty());
  CHECK_FALSE(server.encrypt("x", out));
  if (server.state() == status::failed) CHECK(server.feed(bytes, plain, out) == status::failed);
  return {server.state(), last_alert(out), std::string(server.failure())};
}

}  // namespace

TEST_CASE("the ClientHello that these tests make is a good one") {
  CHECK(ask(contexts_for({"example.net"}), hello()).state == status::handshaking);
}

#ifdef WOLFSSL_MAX_SUITE_SZ  // the system's library takes 150
TEST_CASE("a ClientHello may offer every suite there is") {
  hello_fields all{.extensions = usual_extensions()};
  for (int suite = 0xc000; suite < 0xc000 + 400; ++suite) all.suites.push_back(suite);
  CHECK(ask(contexts_for({"example.net"}), hello(all)).state == status::handshaking);
}
#endif

TEST_CASE("versions before 1.2 are refused") {
  const auto shared = contexts_for({"example.net"});
  for (const int version : {0x0302, 0x0301, 0x0300}) {
    CAPTURE(version);
    const auto a = ask(shared, hello({.version = version, .extensions = usual_extensions()}));
    CHECK(a.state == status::failed);
    CHECK(a.alert == protocol_version);
    CHECK(a.failure == "no shared version");
  }
  // 1.3 by its extension, without the older one beside it: 1.1 alone is offered.
  const auto a = ask(shared, hello({.extensions = usual_extensions() + extension(43, "\x02\x03\x02")}));
  CHECK(a.state == status::failed);
  CHECK(a.alert == protocol_version);
}

TEST_CASE("suites without forward secrecy or without authenticated encryption are refused") {
  const auto shared = contexts_for({"example.net"});
  const auto rsa = rsa_contexts("example.net");
  for (const int suite : {0x009c, 0x009d, 0x002f, 0x0035, 0x003c,  // RSA
                          0xc023, 0xc027, 0xc009, 0xc013, 0xc014,  // ECDHE with CBC
                          0x009e, 0x0033, 0xccaa,                  // DHE
                          0xc02d, 0xc031, 0xc025,                  // ECDH that never changes
                          0x000a, 0x0005, 0xc011, 0x003b, 0x0002, 0xc006, 0xc018, 0x006c,
                          0x00a8, 0xc0ac, 0xc0ae, 0xc09c, 0xccab, 0xccac, 0x1304, 0x1305}) {
    CAPTURE(suite);
    for (const auto& contexts : {shared, rsa}) {
      const auto a = ask(contexts, hello({.suites = {suite}, .extensions = usual_extensions()}));
      CHECK(a.state == status::failed);
      CHECK(a.alert == handshake_failure);
      CHECK(a.failure == "no shared cipher");
    }
  }
}

TEST_CASE("curves that we do not have") {
  const auto shared = contexts_for({"example.net"});
  for (const auto& groups : {std::vector<int>{25}, {9, 26, 30, 256}}) {
    const auto a = ask(shared, hello({.extensions = groups_extension(groups) + extension(13, "\x00\x02\x04\x03"s)}));
    CHECK(a.state == status::failed);
    CHECK(a.failure == "no shared curve");
    CHECK(a.alert == handshake_failure);
  }
}

TEST_CASE("SECURITY 4: what is no ClientHello is answered with one alert and goes no further") {
  const auto shared = contexts_for({"example.net"});
  for (const auto& bytes :
       {"<stream:stream>"s, "GET / HTTP/1.1\r\n\r\n"s, std::string(1000, '\0'), "SSH-2.0-x\r\n"s, "\x80\x2e\x01\x00\x02"s,
        "\x15\x03\x01\x00\x02\x02\x00"s, "\x17\x03\x03\x00\x01x"s, "\x14\x03\x03\x00\x01\x01"s}) {
    const auto a = ask(shared, bytes);
    CHECK(a.state == status::failed);
    CHECK(a.alert == decode_error);
    CHECK(a.failure == "not TLS");
  }
  for (const auto& bytes :
       {record(22, ""), record(22, "\x02\x00\x00\x00"s), record(22, "\x01\x00\x00\x01x"s), record(22, "\x01\x7f\xff\xff"s),
        "\x16\x03\x01\x40\x01"s, record(22, hello_message({}) + "x"), hello({.extensions = "x"}),
        hello({.suites = {}, .extensions = {}}), hello({.extensions = "\x00\x01\x00\x09"s}),
        hello({.extensions = extension(0, "\x00\x03\x00\x00\x01"s)}), hello({.extensions = extension(0, "\x00\x00"s)}),
        hello({.extensions = extension(23, "x")}), hello({.extensions = groups_extension({})}),
        hello({.extensions = extension(10, "\x00\x03\x00\x17\x00"s)})}) {
    CAPTURE(bytes);
    const auto a = ask(shared, bytes);
    CHECK(a.state == status::failed);
    CHECK(a.alert != -1);
  }
}

TEST_CASE("a ClientHello in several records, and one that never ends") {
  const auto shared = contexts_for({"example.net"});
  const auto message = hello_message({.extensions = usual_extensions()});
  std::string pieces;
  for (std::size_t at = 0; at < message.size(); at += 10) pieces += record(22, message.substr(at, 10));
  CHECK(ask(shared, pieces).state == status::handshaking);
  std::string bytewise;
  for (const char c : message) bytewise += record(22, {&c, 1});
  CHECK(ask(shared, bytewise).state == status::failed);  // nobody needs that

  const auto endless = "\x01" + number(16'384, 3) + std::string(16'384, 'x');
  engine server(shared, false);
  std::string plain, out;
  for (std::size_t at = 0; at < endless.size() && server.state() == status::handshaking; at += 4095) {
    server.feed(record(22, std::string_view(endless).substr(at, 4095)), plain, out);
  }
  CHECK(server.state() == status::failed);
  CHECK(last_alert(out) == record_overflow);
  CHECK(server.failure() == "a ClientHello that is too long");
}

TEST_CASE("garbage at each step of the handshake ends it, with an alert") {
  const auto shared = contexts_for({"example.net"});
  for (const int version : {WOLFSSL_TLSV1_2, WOLFSSL_TLSV1_3}) {
    for (const int step : {0, 1, 2}) {
      CAPTURE(version);
      CAPTURE(step);
      client_options options;
      options.version = version;
      client c(options);
      engine server(shared, false);
      std::string plain, out;
      for (int i = 0; i < step; ++i) {
        c.shake_hands();
        server.feed(std::exchange(c.to_server, {}), plain, out);
        c.take(std::exchange(out, {}));
      }
      // In the second step of the old version, the third of the new one, the handshake is over: still no data comes of it.
      server.feed(record(23, std::string(100, 'g')), plain, out);
      CHECK(server.state() == status::failed);
      CHECK_FALSE(out.empty());
      CHECK(plain.empty());
      CHECK_FALSE(server.failure().empty());
      c.take(out);
      c.shake_hands();
      c.receive();
      CHECK((c.alert() > 0 || c.closed_by_server()));
    }
  }
}

TEST_CASE("each byte of the client's last flight matters") {
  const auto shared = contexts_for({"example.net"});
  for (const int version : {WOLFSSL_TLSV1_2, WOLFSSL_TLSV1_3}) {
    std::size_t size = 1;
    for (std::size_t at = 0; at < size; at += 5) {
      CAPTURE(at);
      client_options options;
      options.version = version;
      client c(options);
      engine server(shared, false);
      std::string plain, out;
      c.shake_hands();
      server.feed(std::exchange(c.to_server, {}), plain, out);
      c.take(std::exchange(out, {}));
      c.shake_hands();
      size = c.to_server.size();
      c.to_server[at] = static_cast<char>(c.to_server[at] ^ 0x40);
      server.feed(c.to_server, plain, out);
      // A length that grew leaves the server waiting.
      CHECK(server.state() != status::open);
      CHECK(plain.empty());
    }
  }
}

TEST_CASE("a handshake that goes on for ever") {
  const auto shared = contexts_for({"example.net"});
  client c;
  engine server(shared, false);
  std::string plain, out;
  c.shake_hands();
  server.feed(c.to_server, plain, out);
  int records = 0;
  // The one message that TLS 1.3 takes at any time (RFC 8446 section 5).
  while (server.state() == status::handshaking && records < 1000) {
    server.feed("\x14\x03\x03\x00\x01\x01"s, plain, out);
    ++records;
  }
  CHECK(server.state() == status::failed);
  CHECK(records < 200);
}

#include <doctest/doctest.h>

#include "../../../source/tls/x509.hpp"
#include "peer.hpp"

using namespace couplet::tls;
using namespace couplet::tls::test;

namespace {

client_options with_version(int version) {
  client_options options;
  options.version = version;
  return options;
}

}  // namespace

TEST_CASE("TLS 1.3: tls-exporter is the same on both sides, tls-unique is not there") {
  client c(with_version(WOLFSSL_TLSV1_3));
  const auto shared = contexts_for({"example.net"});
  engine server(shared, false);
  REQUIRE(run(c, server).client_done);
  CHECK(server.known()->tls_exporter.size() == 32);
  CHECK(server.known()->tls_exporter == c.exporter());
  CHECK(server.known()->tls_unique.empty());
  CHECK(server.known()->tls_server_end_point == shared->certificates()[0].server_end_point());
  CHECK(server.known()->tls_server_end_point.size() == 32);
}

TEST_CASE("TLS 1.2: tls-exporter and tls-unique are the same on both sides") {
  client c(with_version(WOLFSSL_TLSV1_2));
  engine server(contexts_for({"example.net"}), false);
  REQUIRE(run(c, server).client_done);
  CHECK(server.known()->tls_exporter.size() == 32);
  CHECK(server.known()->tls_exporter == c.exporter());
  CHECK(server.known()->tls_unique.size() == 12);
  CHECK(server.known()->tls_unique == c.first_finished(false));
}

TEST_CASE("TLS 1.2 without extended master secret: no tls-exporter (RFC 9266 section 4)") {
  auto options = with_version(WOLFSSL_TLSV1_2);
  options.extended_master_secret = false;
  client c(options);
  engine server(contexts_for({"example.net"}), false);
  REQUIRE(run(c, server).client_done);
  CHECK(server.known()->tls_exporter.empty());
  CHECK(server.known()->tls_unique == c.first_finished(false));
}

TEST_CASE("two connections never have the same binding") {
  const auto shared = contexts_for({"example.net"});
  client c1, c2;
  engine first(shared, false), second(shared, false);
  REQUIRE(run(c1, first).client_done);
  REQUIRE(run(c2, second).client_done);
  CHECK(first.known()->tls_exporter != second.known()->tls_exporter);
}

TEST_CASE("tls-server-end-point: hashed as the certificate's own signature is (RFC 5929 section 4.1)") {
  const std::string bytes = "abc";
  CHECK(end_point_hash(bytes, signature_hash::md5) == sha256(bytes));
  CHECK(end_point_hash(bytes, signature_hash::sha1) == sha256(bytes));
  CHECK(end_point_hash(bytes, signature_hash::sha256) == sha256(bytes));
  CHECK(end_point_hash(bytes, signature_hash::sha224).size() == 28);
  CHECK(end_point_hash(bytes, signature_hash::sha384).size() == 48);
  CHECK(end_point_hash(bytes, signature_hash::sha512).size() == 64);
  CHECK(end_point_hash(bytes, signature_hash::none).empty());
  CHECK(sha256(bytes).substr(0, 4) == "\xba\x78\x16\xbf");
}

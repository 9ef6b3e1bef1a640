#include <doctest/doctest.h>

#include "hello.hpp"
#include "peer.hpp"

using namespace couplet::tls;
using namespace couplet::tls::test;
using status = engine::status;

namespace {

std::shared_ptr<const contexts> many() {
  return contexts_for({"first.example"}, [](context_options& options) {
    options.certificates.push_back(certificate_for({"second.example", "*.second.example"}));
    options.certificates.push_back(
        certificate_for({"chat.second.example", "second.example", "b\xc3\xbc\x63her.example", "*.net"}));
  });
}

std::string chosen(const std::shared_ptr<const contexts>& shared, const std::string& name, int version) {
  client_options options;
  options.version = version;
  options.server_name = name;
  client c(options);
  engine server(shared, false);
  REQUIRE(run(c, server).client_done);
  // What the client sees counts: the hash of the certificate is bound to it.
  REQUIRE(server.known() != nullptr);
  const auto& certificate = shared->certificates()[server.known()->certificate];
  CHECK(server.known()->tls_server_end_point == certificate.server_end_point());
  return certificate.names().front();
}

}  // namespace

TEST_CASE("a certificate is chosen by the name that the client asks for") {
  const auto shared = many();
  for (const int version : {WOLFSSL_TLSV1_2, WOLFSSL_TLSV1_3}) {
    CHECK(chosen(shared, "first.example", version) == "first.example");
    CHECK(chosen(shared, "second.example", version) == "second.example");
    CHECK(chosen(shared, "SECOND.Example", version) == "second.example");
    CHECK(chosen(shared, "x.second.example", version) == "second.example");
    CHECK(chosen(shared, "chat.second.example", version) == "chat.second.example");
    CHECK(chosen(shared, "unknown.example", version) == "first.example");
    CHECK(chosen(shared, "", version) == "first.example");
  }
}

TEST_CASE("which certificate is for a name") {
  const auto shared = many();
  CHECK(shared->choose("second.example") == 1);  // the first that has it keeps it
  CHECK(shared->choose("chat.second.example") == 2);
  CHECK(shared->choose("other.second.example") == 1);
  CHECK(shared->choose("a.b.second.example") == 0);  // one label only
  CHECK(shared->choose("second.example.") == 1);
  CHECK(shared->choose("xn--bcher-kva.example") == 2);
  CHECK(shared->choose("b\xc3\xbc\x63her.example") == 2);
  CHECK(shared->choose("example.net") == 0);  // a wildcard for a whole top-level domain is not believed
  CHECK(shared->choose("*.second.example") == 1);
  CHECK(shared->choose("") == 0);
  CHECK(shared->choose(std::string(100'000, 'a')) == 0);
  CHECK(shared->choose(std::string(300, '.')) == 0);
  CHECK(shared->certificates().size() == 3);
  CHECK(shared->certificates()[1].covers("y.SECOND.example"));
  CHECK_FALSE(shared->certificates()[1].covers("first.example"));
  CHECK_FALSE(shared->certificates()[1].covers(""));
  CHECK(shared->certificates()[2].covers("B\xc3\xbc\x63her.example"));
}

TEST_CASE("names that can be no domain are taken for none, and do not reach the facts") {
  const auto shared = many();
  for (const auto& name :
       {std::string("a b"), std::string("a\nb"), std::string("a\0b", 3), std::string(5000, 'a'), std::string("\xff")}) {
    engine server(shared, false);
    std::string plain, out;
    CHECK(server.feed(hello({.extensions = usual_extensions() + server_name_extension(name)}), plain, out) != status::open);
  }
}

TEST_CASE("contexts without a certificate can't be made") {
  const auto made = contexts::make({});
  REQUIRE_FALSE(made.ok());
  CHECK(made.error_text() == "TLS needs a certificate");
}

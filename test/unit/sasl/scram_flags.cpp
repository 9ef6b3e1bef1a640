#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "sasl/plain.hpp"
#include "scram_peer.hpp"

using namespace couplet;
using namespace couplet::sasl;
using namespace couplet::sasl::test;

namespace {

enum class offer : std::uint8_t { without_plus, with_plus };

struct row {
  bool plus;  ///< the chosen mechanism
  offer offered;
  std::string_view flag;
  verdict expected;
};

// RFC 5802 section 6. A -PLUS mechanism that was not offered is refused before anybody looks at the flag (SECURITY 6), by the stream; here it
// has a row all the same.
constexpr row rows[] = {
    {false, offer::without_plus, "n", verdict::ok},
    {false, offer::without_plus, "y", verdict::ok},
    {false, offer::without_plus, "p=tls-exporter", verdict::wrong_flag},
    {false, offer::with_plus, "n", verdict::ok},
    {false, offer::with_plus, "y", verdict::downgraded},
    {false, offer::with_plus, "p=tls-exporter", verdict::wrong_flag},
    {false, offer::with_plus, "p=no-such-type", verdict::wrong_flag},
    {true, offer::with_plus, "n", verdict::wrong_flag},
    {true, offer::with_plus, "y", verdict::wrong_flag},
    {true, offer::with_plus, "p=tls-exporter", verdict::ok},
    {true, offer::with_plus, "p=tls-unique", verdict::ok},
    {true, offer::with_plus, "p=tls-server-end-point", verdict::ok},
    {true, offer::with_plus, "p=no-such-type", verdict::unknown_binding},
    {true, offer::with_plus, "p=TLS-EXPORTER", verdict::unknown_binding},
    {true, offer::with_plus, "p=tls-exporte", verdict::unknown_binding},
    {true, offer::without_plus, "n", verdict::wrong_flag},
    {true, offer::without_plus, "y", verdict::wrong_flag},
};

}  // namespace

TEST_CASE("channel binding: every flag, -PLUS chosen or not, offered or not, for every hash") {
  for (const auto& r : rows) {
    for (const auto m : scram_mechanisms()) {
      if (is_plus(m) != r.plus) continue;
      CAPTURE(name_of(m));
      CAPTURE(r.flag);
      CAPTURE(r.offered);
      login l(m, r.offered == offer::with_plus ? scram_mechanisms() : without_plus());
      CHECK(l.run(std::string(r.flag) + ",,n=juliet,r=CLIENT") == r.expected);
      CHECK(l.server.server_final().empty() == (r.expected != verdict::ok));
    }
  }
}

TEST_CASE("channel binding: another hash's -PLUS is a reason to refuse y, too") {
  login l(mechanism::scram_sha1, {mechanism::scram_sha1, mechanism::scram_sha256_plus});
  CHECK(l.first("y,,n=juliet,r=CLIENT") == verdict::downgraded);
}

TEST_CASE("channel binding: only types that this connection has") {
  for (const auto m : scram_mechanisms()) {
    if (!is_plus(m)) continue;
    login old(m, scram_mechanisms(), channel_bindings("", "unique", "end point"));
    CHECK(old.first("p=tls-exporter,,n=juliet,r=CLIENT") == verdict::unknown_binding);
    login modern(m, scram_mechanisms(), channel_bindings("exporter", "", "end point"));
    CHECK(modern.first("p=tls-unique,,n=juliet,r=CLIENT") == verdict::unknown_binding);
    login none(m, scram_mechanisms(), channel_bindings());
    CHECK(none.first("p=tls-server-end-point,,n=juliet,r=CLIENT") == verdict::unknown_binding);
  }
}

TEST_CASE("channel binding: the data must be this channel's, the header the one that was sent") {
  const auto c = [](const std::string& content) { return "c=" + base::base64_encode(content) + ",r=CLIENTSERVER"; };
  const std::string exporter(32, 'e');
  for (const auto& [text, expected] :
       std::vector<std::pair<std::string, verdict>>{{"p=tls-exporter,," + exporter, verdict::ok},
                                                    {"p=tls-exporter,," + std::string(32, 'f'), verdict::wrong_binding},
                                                    {"p=tls-exporter,," + exporter.substr(1), verdict::wrong_binding},
                                                    {"p=tls-exporter,," + exporter + 'e', verdict::wrong_binding},
                                                    {"p=tls-exporter,,", verdict::wrong_binding},
                                                    {"p=tls-unique,," + std::string(12, 'u'), verdict::wrong_binding},
                                                    {"p=tls-exporter,a=juliet@example.net," + exporter, verdict::wrong_binding},
                                                    {"n,,", verdict::wrong_binding},
                                                    {"", verdict::wrong_binding}}) {
    CAPTURE(text);
    login l(mechanism::scram_sha256_plus);
    REQUIRE(l.first("p=tls-exporter,,n=juliet,r=CLIENT") == verdict::ok);
    CHECK(l.server.binding_type() == "tls-exporter");
    l.challenge();
    // Somebody who knows the password; it does not help.
    CHECK(l.server.on_client_final(l.with_proof(c(text))) == expected);
    CHECK(l.server.server_final().empty() == (expected != verdict::ok));
  }
}

TEST_CASE("channel binding: data without a binding, or another flag than before, is refused") {
  const auto c = [](const std::string& content) { return "c=" + base::base64_encode(content) + ",r=CLIENTSERVER"; };
  for (const std::string text : {"y,,", "n,,x", "n,", "p=tls-exporter,,", "n,a=juliet@example.net,", ""}) {
    CAPTURE(text);
    login l(mechanism::scram_sha1);
    REQUIRE(l.first("n,,n=juliet,r=CLIENT") == verdict::ok);
    l.challenge();
    CHECK(l.server.on_client_final(l.with_proof(c(text))) == verdict::wrong_binding);
  }
  login l(mechanism::scram_sha1, without_plus());
  REQUIRE(l.first("y,,n=juliet,r=CLIENT") == verdict::ok);
  l.challenge();
  CHECK(l.server.on_client_final(l.with_proof(c("n,,"))) == verdict::wrong_binding);
}

TEST_CASE("SECURITY 28: SCRAM: nobody acts for anybody else") {
  for (const std::string authzid : {"romeo@example.net", "romeo", "juliet", "juliet@other.example", "juliet@example.net/balcony",
                                    "example.net", "@", "=2C", "juliet@example.net=3D"}) {
    CAPTURE(authzid);
    login l(mechanism::scram_sha256);
    CHECK(l.run("n,a=" + authzid + ",n=juliet,r=CLIENT") == verdict::foreign_authzid);
    CHECK(l.server.who().empty());
  }
  for (const std::string authzid : {"juliet@example.net", "JULIET@Example.NET"}) {
    CAPTURE(authzid);
    login l(mechanism::scram_sha256);
    CHECK(l.run("n,a=" + authzid + ",n=juliet,r=CLIENT") == verdict::ok);
    CHECK(l.server.who().full() == "juliet@example.net");
  }
}

TEST_CASE("SCRAM: the account is the name's, prepared") {
  for (const auto& [name, expected] :
       std::vector<std::pair<std::string, std::string>>{{"juliet", "juliet@example.net"},
                                                        {"JULIET", "juliet@example.net"},
                                                        {"juliet@example.net", "juliet@example.net"},
                                                        {"j=3Dt", "j=t@example.net"},
                                                        {"j=2Ct", "j,t@example.net"},
                                                        {"I\xc2\xadX", "ix@example.net"},
                                                        {"\xe2\x85\xa8", "ix@example.net"}}) {
    CAPTURE(name);
    login l(mechanism::scram_sha1);
    CHECK(l.run("n,,n=" + name + ",r=CLIENT") == verdict::ok);
    CHECK(l.server.who().full() == expected);
  }
  for (const std::string name :
       {"a b", "a/b", "juliet@other.example", "juliet@example.net/r", "@example.net", "<", "\x07", "\xc2\xad", "a:b",
        "\xd8\xa7"
        "1"}) {
    CAPTURE(name);
    login l(mechanism::scram_sha1);
    CHECK(l.first("n,,n=" + name + ",r=CLIENT") == verdict::bad_name);
    CHECK(l.server.who().empty());
  }
  const std::string most(max_part_bytes, 'x');
  login fits(mechanism::scram_sha1);
  CHECK(fits.run("n,,n=" + most + ",r=CLIENT") == verdict::ok);
  login does_not(mechanism::scram_sha1);
  CHECK(does_not.first("n,,n=" + most + "x,r=CLIENT") == verdict::too_long);
}

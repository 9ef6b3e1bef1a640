#include <doctest/doctest.h>

#include "fixture.hpp"

using namespace couplet::config;
using couplet::sasl::mechanism;

// Which ways to log in are offered.

TEST_CASE("mechanisms: none named is all that can be, and those named are kept") {
  CHECK(parse({}).options.mechanisms.empty());
  const auto p =
      parse({"--sasl-mechanism", "SCRAM-SHA-256", "--sasl-mechanism", "PLAIN", "--anonymous", "--sasl-mechanism", "ANONYMOUS"});
  REQUIRE_MESSAGE(p.result.run, p.result.text);
  CHECK(p.options.mechanisms == std::vector{mechanism::scram_sha256, mechanism::plain, mechanism::anonymous});
  const temporary_file file("sasl-mechanism = [\"SCRAM-SHA-512-PLUS\"]\n");
  CHECK(parse({"--config", file.path()}).options.mechanisms == std::vector{mechanism::scram_sha512_plus});
  // Accounts of our own in front of another session manager have keys.
  CHECK(parse({"--sm", "127.0.0.1:1", "--sm-id", "a", "--sm-secret", "b", "--user", "a@localhost:x", "--sasl-mechanism",
               "SCRAM-SHA-1"})
            .result.run);
}

TEST_CASE("mechanisms: one that cannot be offered, and one that is missing, is refused by name") {
  struct row {
    std::vector<std::string> given;
    const char* says;
  };
  const std::vector<row> table{
      {{"--sasl-mechanism", "scram-sha-256"},
       "--sasl-mechanism: expected one of EXTERNAL, SCRAM-SHA-512-PLUS, SCRAM-SHA-512, SCRAM-SHA-256-PLUS, SCRAM-SHA-256, "
       "SCRAM-SHA-1-PLUS, "
       "SCRAM-SHA-1, PLAIN, ANONYMOUS, not \"scram-sha-256\""},
      {{"--sasl-mechanism", ""}, "--sasl-mechanism: expected one of "},
      {{"--sasl-mechanism", "PLAIN", "--sasl-mechanism", "PLAIN"}, "--sasl-mechanism: \"PLAIN\" is given twice"},
      {{"--sasl-mechanism", "ANONYMOUS"}, "--sasl-mechanism: ANONYMOUS needs --anonymous"},
      {{"--sasl-mechanism", "EXTERNAL"}, "--sasl-mechanism: EXTERNAL needs --tls-client-ca FILE"},
      {{"--sasl-mechanism", "PLAIN", "--anonymous"}, "--anonymous: needs --sasl-mechanism ANONYMOUS, since others are named"},
      {{"--sasl-mechanism", "SCRAM-SHA-1", "--auth-http", "http://127.0.0.1:1/"},
       "--sasl-mechanism: SCRAM-SHA-1 cannot be offered: who checks passwords here has no keys for it"},
      {{"--sasl-mechanism", "SCRAM-SHA-1", "--auth-command", "/bin/true"}, "SCRAM-SHA-1 cannot be offered"},
      {{"--sasl-mechanism", "SCRAM-SHA-1", "--accept-any-user"}, "SCRAM-SHA-1 cannot be offered"},
      {{"--sasl-mechanism", "SCRAM-SHA-1", "--sm", "127.0.0.1:1", "--sm-id", "a", "--sm-secret", "b"},
       "SCRAM-SHA-1 cannot be offered"},
  };
  const auto pair = couplet::tls::make_self_signed({"ca.example"}, std::time(nullptr));
  REQUIRE(pair.ok());
  const temporary_file ca(pair->chain);
  CHECK(parse({"--tls-client-ca", ca.path(), "--sasl-mechanism", "EXTERNAL"}).result.run);
  CHECK(parse({"--tls-client-ca", ca.path(), "--sasl-mechanism", "PLAIN"}).result.text ==
        "couplet: --tls-client-ca: needs --sasl-mechanism EXTERNAL, since others are named\n");
  for (const auto& r : table) {
    const auto p = parse(r.given);
    CHECK(p.result.code == 2);
    CHECK_MESSAGE(p.result.text.find(r.says) != std::string::npos, p.result.text);
    CHECK(p.result.text.find('\n') == p.result.text.size() - 1);
  }
}

#include <doctest/doctest.h>

#include "fixture.hpp"

using namespace couplet::config;

// Files of certificates, keys and authorities are read with the configuration, so that --check-config finds what is wrong with them.

namespace {

constexpr std::int64_t eleven_years = 11 * 365 * 86'400LL;

/// What is said about the words.
std::string refusal(std::vector<std::string> words) {
  const auto p = parse(std::move(words));
  CHECK_FALSE(p.result.run);
  CHECK(p.result.code == 2);
  CHECK(p.result.text.find('\n') == p.result.text.size() - 1);
  return p.result.text;
}

std::vector<std::string> with_component(const std::string& ca) {
  return {"--component", "bot.localhost", "--component-tls-listen", "127.0.0.1:0", "--component-ca", ca};
}

}  // namespace

TEST_CASE("encryption: authorities are read") {
  const temporary_file ca(some_certificate());
  const auto clients = parse({"--tls-client-ca", ca.path()});
  REQUIRE_MESSAGE(clients.result.run, clients.result.text);
  CHECK(clients.options.client_ca.file == ca.path());
  CHECK(clients.options.client_ca.pem.starts_with("-----BEGIN CERTIFICATE-----\n"));
  const auto components = parse(with_component(ca.path()));
  REQUIRE_MESSAGE(components.result.run, components.result.text);
  CHECK(components.options.components.ca == clients.options.client_ca);
}

TEST_CASE("encryption: a file of authorities that is no good is told by flag and name") {
  const temporary_file text("nothing of use"), old(some_certificate(std::time(nullptr) - eleven_years));
  const struct {
    std::string file, says;
  } rows[] = {
      {"", "expected the name of a file\n"},
      {"/nowhere/at/all", "/nowhere/at/all is missing\n"},
      {"/", "/ is not a file\n"},
      {text.path(), text.path() + " has no certificate in it\n"},
      {old.path(), old.path() + " has a certificate (ca.example) that expired on 20"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.file);
    CHECK(refusal({"--tls-client-ca", row.file, "--check-config"}).starts_with("couplet: --tls-client-ca: " + row.says));
    CHECK(refusal(with_component(row.file)).starts_with("couplet: --component-ca: " + row.says));
  }
}

TEST_CASE("encryption: what is wrong with a key's file names the flag that it was given by") {
  const auto pair = couplet::tls::make_self_signed({"a.example"}, std::time(nullptr));
  const auto other = couplet::tls::make_self_signed({"a.example"}, std::time(nullptr));
  REQUIRE(pair.ok());
  REQUIRE(other.ok());
  const temporary_file chain(pair->chain), key(pair->key), text("nothing of use"), foreign(other->key);
  CHECK(parse({"--tls-cert", chain.path(), "--tls-key", key.path()}).result.run);
  CHECK(refusal({"--tls-cert", chain.path(), "--tls-key", "/nowhere/at/all"}) ==
        "couplet: --tls-key: /nowhere/at/all is missing\n");
  CHECK(refusal({"--tls-cert", chain.path(), "--tls-key", text.path()}) ==
        "couplet: --tls-key: " + text.path() + " is not in PEM\n");
  CHECK(refusal({"--tls-cert", chain.path(), "--tls-key", chain.path()}) ==
        "couplet: --tls-cert: " + chain.path() + " has no private key in it\n");
  // The second pair's, not the first one's.
  CHECK(refusal({"--tls-cert", chain.path(), "--tls-key", key.path(), "--tls-cert", chain.path(), "--tls-key", "/nowhere"}) ==
        "couplet: --tls-key: /nowhere is missing\n");
  // Without that flag both are in one file.
  CHECK(refusal({"--tls-cert", chain.path()}) == "couplet: --tls-cert: " + chain.path() + " has no private key in it\n");
  // The certificate's file comes first.
  CHECK(refusal({"--tls-cert", "/nowhere/cert", "--tls-key", "/nowhere/key"}) ==
        "couplet: --tls-cert: /nowhere/cert is missing\n");
  CHECK(refusal({"--tls-cert", "/nowhere/pem.crt", "--tls-key", "/nowhere/pem"}) ==
        "couplet: --tls-cert: /nowhere/pem.crt is missing\n");
  // Which of the two is the wrong one nobody knows.
  CHECK(refusal({"--tls-cert", chain.path(), "--tls-key", foreign.path()}) ==
        "couplet: --tls-cert: " + foreign.path() + " has the key of another certificate than " + chain.path() + "\n");
  const temporary_file file("tls-cert = \"" + chain.path() + "\"\ntls-key = \"/nowhere/at/all\"\n");
  CHECK(refusal({"--config", file.path()}) == "couplet: " + file.path() + ":2: tls-key: /nowhere/at/all is missing\n");
}

#include "sasl/scram.hpp"

#include <doctest/doctest.h>

#include <array>
#include <map>
#include <string>

#include "base/base64.hpp"
#include "base/digest.hpp"
#include "sasl/plain.hpp"

using namespace couplet;
using namespace couplet::sasl;

namespace {

const std::string domain = "example.org";
const channel_bindings no_bindings;
const channel_bindings bindings("exporter-bytes", "", "certificate-hash");

struct side {
  side(mechanism m, std::vector<mechanism> offered, std::string nonce = "server", bool protect = false)
      : names(std::move(offered)), server(m, scram_offer(names, types, protect), std::move(nonce)) {}
  std::vector<mechanism> names;
  std::vector<std::string_view> types;
  scram_server server;
};

std::string from_base64(std::string_view text) {
  return base::base64_decode(text).value();
}

/// What a client that knows the password says last.
std::string client_final(scram_hash hash, std::string_view password, std::string_view first_bare, const std::string& challenge,
                         std::string_view binding) {
  std::map<char, std::string> given;
  for (std::size_t at = 0; at < challenge.size();) {
    const auto end = std::min(challenge.find(',', at), challenge.size());
    given[challenge[at]] = challenge.substr(at + 2, end - at - 2);
    at = end + 1;
  }
  const auto salt = from_base64(given['s']);
  const auto keys = derive_keys(hash, password, salt, static_cast<std::uint32_t>(std::stoul(given['i'])));
  const auto without_proof = "c=" + base::base64_encode(binding) + ",r=" + given['r'];
  const auto message = std::string(first_bare) + ',' + challenge + ',' + without_proof;
  const auto signature = base::hmac(hash, keys.stored_key, message);
  const auto salted = base::pbkdf2(hash, password, salt, keys.iterations);
  auto proof = base::hmac(hash, salted, "Client Key");
  for (std::size_t i = 0; i < proof.size(); ++i) proof[i] = static_cast<char>(proof[i] ^ signature[i]);
  return without_proof + ",p=" + base::base64_encode(proof);
}

}  // namespace

TEST_CASE("scram: the example of RFC 5802 section 5") {
  side s(mechanism::scram_sha1, {mechanism::scram_sha1}, "3rfcNHYJY1ZVvWVs7j");
  REQUIRE(s.server.on_client_first("n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL", no_bindings, domain) == verdict::ok);
  CHECK(s.server.who().full() == "user@example.org");
  const auto keys = derive_keys(scram_hash::sha1, "pencil", from_base64("QSXCR+Q6sek8bf92"), 4096);
  CHECK(s.server.server_first(keys) == "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096");
  CHECK(s.server.on_client_final("c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=") ==
        verdict::ok);
  CHECK(s.server.server_final() == "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=");
}

TEST_CASE("scram: the example of RFC 7677 section 3") {
  side s(mechanism::scram_sha256, {mechanism::scram_sha256}, "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
  REQUIRE(s.server.on_client_first("n,,n=user,r=rOprNGfwEbeRWgbNEkqO", no_bindings, domain) == verdict::ok);
  const auto keys = derive_keys(scram_hash::sha256, "pencil", from_base64("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096);
  CHECK(s.server.server_first(keys) == "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
  CHECK(s.server.on_client_final("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                                 "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=") == verdict::ok);
  CHECK(s.server.server_final() == "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
}

TEST_CASE("scram: every hash, with and without channel binding; keys that come late") {
  for (const auto m : all_mechanisms()) {
    if (!is_scram(m)) continue;
    CAPTURE(std::string(name_of(m)));
    for (const bool late : {false, true}) {
      side s(m, {m}, "server", true);
      const std::string header = is_plus(m) ? "p=tls-exporter,," : "n,,";
      const std::string bare = "n=alice,r=client";
      REQUIRE(s.server.on_client_first(header + bare, bindings, domain) == verdict::ok);
      const auto keys = derive_keys(hash_of(m), "secret", "0123456789abcdef", 4096);
      const auto decoy = decoy_keys("process", hash_of(m), "alice@example.org", 4096);
      const auto challenge = s.server.server_first(late ? decoy : keys);
      CHECK(challenge.find(",h=") != std::string::npos);
      const auto salt_keys = late ? derive_keys(hash_of(m), "secret", decoy.salt, 4096) : keys;
      if (late) s.server.set_keys(salt_keys);
      const auto data = is_plus(m) ? header + "exporter-bytes" : header;
      CHECK(s.server.on_client_final(client_final(hash_of(m), "secret", bare, challenge, data)) == verdict::ok);
      CHECK(s.server.server_final().starts_with("v="));
    }
  }
}

TEST_CASE("SECURITY 12: names without account are challenged like the others, each time the same, and nothing fits") {
  const auto one = decoy_keys("process", scram_hash::sha256, "nobody@example.org", default_iterations);
  CHECK(one.salt == decoy_keys("process", scram_hash::sha256, "nobody@example.org", default_iterations).salt);
  CHECK(one.salt == salt_for("process", scram_hash::sha256, "nobody@example.org"));
  CHECK(one.salt.size() == salt_bytes);
  CHECK(one.salt != decoy_keys("process", scram_hash::sha256, "other@example.org", default_iterations).salt);
  CHECK(one.salt != decoy_keys("process", scram_hash::sha1, "nobody@example.org", default_iterations).salt);
  CHECK(one.salt != decoy_keys("another", scram_hash::sha256, "nobody@example.org", default_iterations).salt);
  CHECK(one.iterations == default_iterations);
  side s(mechanism::scram_sha256, {mechanism::scram_sha256});
  REQUIRE(s.server.on_client_first("n,,n=nobody,r=client", no_bindings, domain) == verdict::ok);
  const auto challenge = s.server.server_first(one);
  CHECK(s.server.on_client_final(client_final(scram_hash::sha256, "", "n=nobody,r=client", challenge, "n,,")) ==
        verdict::wrong_proof);
  CHECK(s.server.server_final().empty());
}

TEST_CASE("scram: the three flags, with -PLUS offered or not") {
  using enum mechanism;
  const std::vector<mechanism> both{scram_sha256_plus, scram_sha256};
  const std::vector<mechanism> alone{scram_sha256};
  const struct {
    mechanism chosen;
    const std::vector<mechanism>& offered;
    const char* header;
    verdict expected;
  } rows[] = {
      {scram_sha256, alone, "n,,", verdict::ok},
      {scram_sha256, alone, "y,,", verdict::ok},
      {scram_sha256, alone, "p=tls-exporter,,", verdict::wrong_flag},
      {scram_sha256, both, "n,,", verdict::ok},
      {scram_sha256, both, "y,,", verdict::downgraded},
      {scram_sha256, both, "p=tls-exporter,,", verdict::wrong_flag},
      {scram_sha256_plus, both, "n,,", verdict::wrong_flag},
      {scram_sha256_plus, both, "y,,", verdict::wrong_flag},
      {scram_sha256_plus, both, "p=tls-exporter,,", verdict::ok},
      {scram_sha256_plus, both, "p=tls-server-end-point,,", verdict::ok},
      {scram_sha256_plus, both, "p=tls-unique,,", verdict::unknown_binding},
      {scram_sha256_plus, both, "p=,,", verdict::malformed},
      {scram_sha256_plus, both, "p=no-such-type,,", verdict::unknown_binding},
  };
  for (const auto& row : rows) {
    CAPTURE(row.header);
    CAPTURE(std::string(name_of(row.chosen)));
    side s(row.chosen, row.offered);
    CHECK(s.server.on_client_first(std::string(row.header) + "n=alice,r=client", bindings, domain) == row.expected);
  }
}

TEST_CASE("scram: first messages that are refused") {
  const struct {
    const char* message;
    verdict expected;
  } rows[] = {
      {"", verdict::malformed},
      {"n", verdict::malformed},
      {"n,", verdict::malformed},
      {"n,,", verdict::malformed},
      {"n,,n=alice", verdict::malformed},
      {"n,,r=client", verdict::malformed},
      {"n,,n=,r=client", verdict::malformed},
      {"n,,n=alice,r=", verdict::malformed},
      {"x,,n=alice,r=client", verdict::malformed},
      {"n,n=alice,r=client", verdict::malformed},
      {"n,,m=x,n=alice,r=client", verdict::unknown_extension},
      {"n,,n=al=ice,r=client", verdict::malformed},
      {"n,,n=\xff,r=client", verdict::malformed},
      {"n,,n=a b,r=client", verdict::bad_name},
      {"n,a=bob@example.org,n=alice,r=client", verdict::foreign_authzid},
      {"n,a=alice@other.example,n=alice,r=client", verdict::foreign_authzid},
  };
  for (const auto& row : rows) {
    CAPTURE(row.message);
    side s(mechanism::scram_sha1, {mechanism::scram_sha1});
    CHECK(s.server.on_client_first(row.message, no_bindings, domain) == row.expected);
    // One refusal is the end of the exchange.
    CHECK(s.server.on_client_first("n,,n=alice,r=client", no_bindings, domain) == verdict::malformed);
  }
  side own(mechanism::scram_sha1, {mechanism::scram_sha1});
  CHECK(own.server.on_client_first("n,a=alice@example.org,n=alice,r=client,x=ignored", no_bindings, domain) == verdict::ok);
  side huge(mechanism::scram_sha1, {mechanism::scram_sha1});
  CHECK(huge.server.on_client_first("n,,n=alice,r=" + std::string(10'000, 'x'), no_bindings, domain) == verdict::too_long);
}

TEST_CASE("SECURITY 50: last messages that are refused") {
  const std::string bare = "n=alice,r=client";
  const auto keys = derive_keys(scram_hash::sha1, "secret", "salt", 4096);
  const auto after = [&](const auto& change) {
    side s(mechanism::scram_sha1_plus, {mechanism::scram_sha1_plus});
    REQUIRE(s.server.on_client_first("p=tls-exporter,," + bare, bindings, domain) == verdict::ok);
    const auto challenge = s.server.server_first(keys);
    const auto v = s.server.on_client_final(change(challenge));
    CHECK(s.server.server_final().empty() == (v != verdict::ok));
    // A nonce is good for one proof.
    CHECK(s.server.on_client_final(client_final(scram_hash::sha1, "secret", bare, challenge, "p=tls-exporter,,exporter-bytes")) ==
          verdict::malformed);
    return v;
  };
  const auto proof = [&](std::string_view password, std::string_view data) {
    return after([&](const std::string& c) { return client_final(scram_hash::sha1, password, bare, c, data); });
  };
  CHECK(proof("secret", "p=tls-exporter,,exporter-bytes") == verdict::ok);
  CHECK(proof("wrong", "p=tls-exporter,,exporter-bytes") == verdict::wrong_proof);
  CHECK(proof("secret", "p=tls-exporter,,other-channel") == verdict::wrong_binding);
  CHECK(proof("secret", "n,,") == verdict::wrong_binding);
  CHECK(after([](const std::string&) { return std::string(); }) == verdict::malformed);
  CHECK(after([](const std::string&) { return std::string("c=biws,r=client"); }) == verdict::malformed);
  CHECK(after([](const std::string&) { return "c=biws,r=other,p=" + base::base64_encode(std::string(20, 'x')); }) ==
        verdict::wrong_nonce);
  CHECK(after([](const std::string&) { return std::string("c=biws,r=clientserver,p=eA=="); }) == verdict::malformed);
}

TEST_CASE("scram: what XEP-0474 protects depends on what was offered, not on its order") {
  using enum mechanism;
  const std::array one{scram_sha256_plus, scram_sha256, plain};
  const std::array other{plain, scram_sha256, scram_sha256_plus};
  const std::array less{scram_sha256, plain};
  const std::array<std::string_view, 2> types{"tls-exporter", "tls-server-end-point"};
  const std::array<std::string_view, 2> turned{"tls-server-end-point", "tls-exporter"};
  const auto hash = downgrade_hash(scram_hash::sha256, scram_offer(one, types, true));
  CHECK(hash == downgrade_hash(scram_hash::sha256, scram_offer(other, turned, true)));
  CHECK(hash != downgrade_hash(scram_hash::sha256, scram_offer(less, types, true)));
  CHECK(hash != downgrade_hash(scram_hash::sha256, scram_offer(one, {}, true)));
}

TEST_CASE("SECURITY 51: nonces are long, and never the same") {
  CHECK(fresh_nonce().size() >= 24);
  CHECK(fresh_nonce() != fresh_nonce());
}

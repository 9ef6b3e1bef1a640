#include "sasl/scram.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <string_view>

#include "base/base64.hpp"

using namespace couplet;
using namespace couplet::sasl;

namespace {

/// A whole exchange as a document prints it.
struct example {
  mechanism chosen;
  std::string_view client_first, salt, nonce, server_first, client_final, server_final;
};

constexpr std::array classic{mechanism::scram_sha1, mechanism::scram_sha256, mechanism::scram_sha512, mechanism::plain};
constexpr std::array protected_offer{mechanism::scram_sha1_plus, mechanism::scram_sha1};
constexpr std::array<std::string_view, 2> protected_types{"tls-server-end-point", "tls-exporter"};

void play(const example& e, const scram_offer& offer, const channel_bindings& bindings = {}) {
  CAPTURE(name_of(e.chosen));
  scram_server server(e.chosen, offer, std::string(e.nonce));
  REQUIRE(server.on_client_first(e.client_first, bindings, "example.org") == verdict::ok);
  CHECK(server.who().full() == "user@example.org");
  const auto keys = derive_keys(server.hash(), "pencil", *base::base64_decode(e.salt), 4'096);
  CHECK(server.server_first(keys) == e.server_first);
  CHECK(server.server_final().empty());
  REQUIRE(server.on_client_final(e.client_final) == verdict::ok);
  CHECK(server.server_final() == e.server_final);
}

}  // namespace

TEST_CASE("SCRAM-SHA-1: the exchange of RFC 5802 section 5") {
  const example e{mechanism::scram_sha1,
                  "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
                  "QSXCR+Q6sek8bf92",
                  "3rfcNHYJY1ZVvWVs7j",
                  "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
                  "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
                  "v=rmF9pqV8S7suAoZWja4dJRkFsKQ="};
  play(e, scram_offer(classic, {}, false));
}

TEST_CASE("SCRAM-SHA-256: the exchange of RFC 7677 section 3") {
  const example e{mechanism::scram_sha256,
                  "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
                  "W22ZaJ0SNY7soEsUEjb6gQ==",
                  "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
                  "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
                  "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
                  "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="};
  play(e, scram_offer(classic, {}, false));
}

TEST_CASE("SCRAM-SHA-512: the same exchange, as Python's hashlib and hmac compute it") {
  const example e{mechanism::scram_sha512,
                  "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
                  "W22ZaJ0SNY7soEsUEjb6gQ==",
                  "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
                  "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
                  "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                  "p=gMGXRcevScNtxZ6/8lQYpGtnsNAc3mGcmNomv+xnoOMw+3R2xNJdMNnzMlTN8PPC6wdp6dybEmDYXYTxwnYPJQ==",
                  "v=ZQnYEgWQMFmmsM8aQMF0nDDCy/AgCzkwk8CmMZYcMg0vSVlKDanekLtifDSeVGT4+5ZxXnJq199RVG2rR7N7Zw=="};
  play(e, scram_offer(classic, {}, false));
}

TEST_CASE("SCRAM-SHA-1-PLUS with downgrade protection: the exchange of XEP-0474 section 5.3") {
  const example e{mechanism::scram_sha1_plus,
                  "p=tls-exporter,,n=user,r=12C4CD5C-E38E-4A98-8F6D-15C38F51CCC6",
                  "QSXCR+Q6sek8bf92",
                  "a09117a6-ac50-4f2f-93f1-93799c2bddf6",
                  "r=12C4CD5C-E38E-4A98-8F6D-15C38F51CCC6a09117a6-ac50-4f2f-93f1-93799c2bddf6,s=QSXCR+Q6sek8bf92,i=4096,"
                  "h=G6k/rBLDqgOhRRaCuuatSDFkJ08=",
                  "c=cD10bHMtZXhwb3J0ZXIsLFRISVMgSVMgRkFLRSBDQiBEQVRB,"
                  "r=12C4CD5C-E38E-4A98-8F6D-15C38F51CCC6a09117a6-ac50-4f2f-93f1-93799c2bddf6,"
                  "x=19C6532F-1CF4-4A27-A18D-DC9CEA41BBB3,p=M/SIDjT+dfcxUh89jZEypRvFxB4=",
                  "v=MQrMPvv7yv4x4Cq4W4Ih25EqS2c="};
  play(e, scram_offer(protected_offer, protected_types, true), channel_bindings("THIS IS FAKE CB DATA", "", "end point"));
}

TEST_CASE("XEP-0474: what is hashed is sorted by bytes, and knows whether types were advertised") {
  const auto hash = [](std::string_view text) { return base::base64_encode(base::digest_of(scram_hash::sha256, text)); };
  constexpr std::array mixed{mechanism::scram_sha512, mechanism::plain, mechanism::scram_sha1_plus, mechanism::external,
                             mechanism::scram_sha1};
  const std::string names = "EXTERNAL\x1ePLAIN\x1eSCRAM-SHA-1\x1eSCRAM-SHA-1-PLUS\x1eSCRAM-SHA-512";
  CHECK(downgrade_hash(scram_hash::sha256, scram_offer(mixed, {}, true)) == hash(names));
  CHECK(downgrade_hash(scram_hash::sha256, scram_offer(mixed, protected_types, true)) ==
        hash(names + "\x1ftls-exporter\x1etls-server-end-point"));
  constexpr std::array alone{mechanism::scram_sha256};
  CHECK(downgrade_hash(scram_hash::sha1, scram_offer(alone, {}, true)) ==
        base::base64_encode(base::digest_of(scram_hash::sha1, "SCRAM-SHA-256")));
}

TEST_CASE("nonces of ours fit into a message and have 144 bits") {
  for (int i = 0; i < 1'000; ++i) {
    const auto nonce = fresh_nonce();
    CHECK(nonce.size() == 24);
    CHECK(nonce.find_first_of(",=") == std::string::npos);
  }
}

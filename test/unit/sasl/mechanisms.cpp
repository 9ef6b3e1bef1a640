#include "sasl/mechanisms.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sasl/encoding.hpp"

using namespace couplet;
using namespace couplet::sasl;

TEST_CASE("mechanisms: names there and back, nothing else is one (SECURITY 6)") {
  std::set<std::string_view> names;
  for (const auto m : all_mechanisms()) {
    const auto name = name_of(m);
    CAPTURE(name);
    names.insert(name);
    CHECK(find_mechanism(name) == m);
    CHECK_FALSE(find_mechanism(std::string(name) + ' ').has_value());
    CHECK(find_mechanism(std::string(name) + "-PLUS").has_value() == (is_scram(m) && !is_plus(m)));
    CHECK_FALSE(find_mechanism(name.substr(1)).has_value());
  }
  CHECK(names == std::set<std::string_view>{"ANONYMOUS", "EXTERNAL", "PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256",
                                            "SCRAM-SHA-256-PLUS", "SCRAM-SHA-512", "SCRAM-SHA-512-PLUS"});
  for (const std::string_view name : {"", "plain", "Plain", "SCRAM", "SCRAM-SHA-1-", "SCRAM-SHA-224", "DIGEST-MD5", "CRAM-MD5",
                                      "SCRAM-SHA-1-PLUS-PLUS", "SCRAM-SHA-256\n"}) {
    CAPTURE(name);
    CHECK_FALSE(find_mechanism(name).has_value());
  }
}

TEST_CASE("mechanisms: what each of them does") {
  const auto bytes = [](std::string_view name) { return base::hash_bytes(hash_of(find_mechanism(name).value())); };
  CHECK(bytes("SCRAM-SHA-1") == 20);
  CHECK(bytes("SCRAM-SHA-1-PLUS") == 20);
  CHECK(bytes("SCRAM-SHA-256") == 32);
  CHECK(bytes("SCRAM-SHA-256-PLUS") == 32);
  CHECK(bytes("SCRAM-SHA-512") == 64);
  CHECK(bytes("SCRAM-SHA-512-PLUS") == 64);
  std::size_t scram = 0;
  std::size_t plus = 0;
  for (const auto m : all_mechanisms()) {
    scram += is_scram(m) ? 1U : 0U;
    plus += is_plus(m) ? 1U : 0U;
  }
  CHECK(scram == 6);
  CHECK(plus == 3);
}

TEST_CASE("channel bindings: those that a connection has, by name") {
  using names = std::vector<std::string_view>;
  CHECK_FALSE(channel_bindings().any());
  CHECK(channel_bindings().types().empty());
  const channel_bindings all("exporter", "unique", "end point");
  CHECK(all.any());
  CHECK(all.types() == names{"tls-exporter", "tls-unique", "tls-server-end-point"});
  CHECK(all.find("tls-exporter") == "exporter");
  CHECK(all.find("tls-unique") == "unique");
  CHECK(all.find("tls-server-end-point") == "end point");
  CHECK(all.find("tls-unique-for-telnet").empty());
  CHECK(all.find("").empty());
  const channel_bindings modern("exporter", "", "end point");
  CHECK(modern.types() == names{"tls-exporter", "tls-server-end-point"});
  CHECK(modern.find("tls-unique").empty());
  CHECK(channel_bindings("", "", "x").any());
  CHECK(channel_bindings("", "x", "").any());
}

TEST_CASE("messages in elements: an equals sign is one of no bytes, in the classic profile only") {
  for (const auto p : {profile::classic, profile::sasl2}) {
    CHECK(decode_message(p, "") == std::string());
    CHECK(decode_message(p, "AGp1bGlldAByMG0zMG15cjBtMzA=") == std::string("\0juliet\0r0m30myr0m30", 20));
    for (const std::string_view text :
         {"==", "===", "====", "A", "AA", "AAA", "A=", " AAAA", "AAAA\n", "AA==AA==", "AB==", "AA-_"}) {
      CAPTURE(text);
      CHECK_FALSE(decode_message(p, text).has_value());
    }
  }
  CHECK(decode_message(profile::classic, "=") == std::string());
  CHECK_FALSE(decode_message(profile::sasl2, "=").has_value());
}

#include "sasl/external.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "sasl/anonymous.hpp"
#include "sasl/mechanisms.hpp"

using namespace couplet;
using namespace couplet::sasl;

TEST_CASE("SECURITY 54: a certificate's addresses name the account, and nothing else does") {
  const struct {
    std::vector<std::string> addresses;
    const char* authzid;
    verdict expected;
    const char* who;
  } rows[] = {
      {{"alice@example.org"}, "", verdict::ok, "alice@example.org"},
      {{"Alice@Example.ORG"}, "", verdict::ok, "alice@example.org"},
      {{"alice@example.org"}, "alice@example.org", verdict::ok, "alice@example.org"},
      {{"alice@example.org", "bob@example.org"}, "bob@example.org", verdict::ok, "bob@example.org"},
      {{"alice@example.org", "bob@example.org"}, "", verdict::ambiguous_identity, ""},
      {{"alice@example.org", "alice@other.example"}, "", verdict::ok, "alice@example.org"},
      {{}, "", verdict::no_identity, ""},
      {{}, "alice@example.org", verdict::no_identity, ""},
      {{"alice@other.example"}, "", verdict::no_identity, ""},
      {{"alice@example.org"}, "bob@example.org", verdict::foreign_authzid, ""},
      {{"example.org"}, "", verdict::no_identity, ""},
      {{"alice@example.org/home"}, "", verdict::no_identity, ""},
      {{"not an address"}, "", verdict::no_identity, ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.addresses.size());
    CAPTURE(row.authzid);
    base::jid who;
    const auto v = identify_external(row.addresses, row.authzid, "example.org", who);
    CHECK(v == row.expected);
    CHECK(who.full() == row.who);
    CHECK((condition_of(v).empty()) == (v == verdict::ok));
  }
}

TEST_CASE("anonymous: a trace is short, a name is one of its own") {
  CHECK(check_trace("") == verdict::ok);
  CHECK(check_trace("sirhc") == verdict::ok);
  CHECK(check_trace(std::string(255, 'x')) == verdict::ok);
  CHECK(check_trace(std::string(256, 'x')) != verdict::ok);
  CHECK(check_trace("\xff") != verdict::ok);
  CHECK(anonymous_node().size() == 36);
  CHECK(anonymous_node() != anonymous_node());
}

TEST_CASE("mechanisms: SECURITY 6: exactly the registered names, strongest first") {
  for (const auto m : all_mechanisms()) CHECK(find_mechanism(name_of(m)) == m);
  for (const char* other : {"", "plain", "PLAIN ", "SCRAM-SHA-1-plus", "SCRAM-MD5", "DIGEST-MD5"})
    CHECK_FALSE(find_mechanism(other));
  CHECK(all_mechanisms().front() == mechanism::external);
  CHECK(all_mechanisms().back() == mechanism::anonymous);
}

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/jid.hpp"
#include "sasl/anonymous.hpp"
#include "sasl/external.hpp"

using namespace couplet;
using namespace couplet::sasl;

namespace {

using strings = std::vector<std::string>;

struct external_row {
  strings xmpp_addrs;
  std::string_view authzid;
  verdict expected;
  std::string_view who;
};

}  // namespace

TEST_CASE("EXTERNAL: whose account a certificate opens (XEP-0178)") {
  const strings one{"juliet@example.net"};
  const strings two{"juliet@example.net", "romeo@example.net"};
  const std::vector<external_row> rows{
      {one, "", verdict::ok, "juliet@example.net"},
      {one, "juliet@example.net", verdict::ok, "juliet@example.net"},
      {one, "JULIET@Example.Net", verdict::ok, "juliet@example.net"},
      {{"Juliet@EXAMPLE.net"}, "", verdict::ok, "juliet@example.net"},
      {{"Juliet@EXAMPLE.net"}, "juliet@example.net", verdict::ok, "juliet@example.net"},
      {one, "romeo@example.net", verdict::foreign_authzid, ""},
      {two, "", verdict::ambiguous_identity, ""},
      {two, "romeo@example.net", verdict::ok, "romeo@example.net"},
      {two, "juliet@example.net", verdict::ok, "juliet@example.net"},
      {two, "tybalt@example.net", verdict::foreign_authzid, ""},
      {{"juliet@example.net", "JULIET@example.net"}, "", verdict::ok, "juliet@example.net"},
      // Other domains are other people's.
      {{"juliet@other.example", "romeo@example.net"}, "", verdict::ok, "romeo@example.net"},
      {{"juliet@other.example", "romeo@example.net"}, "juliet@other.example", verdict::foreign_authzid, ""},
      {{"juliet@other.example"}, "", verdict::no_identity, ""},
      {{"juliet@other.example"}, "juliet@other.example", verdict::no_identity, ""},
      {{"juliet@sub.example.net"}, "", verdict::no_identity, ""},
      {{}, "", verdict::no_identity, ""},
      {{}, "juliet@example.net", verdict::no_identity, ""},
      // No addresses of accounts.
      {{"example.net"}, "", verdict::no_identity, ""},
      {{"example.net"}, "example.net", verdict::no_identity, ""},
      {{"juliet@example.net/balcony"}, "", verdict::no_identity, ""},
      {{"juliet@example.net/balcony"}, "juliet@example.net/balcony", verdict::no_identity, ""},
      {{"", "@example.net", "a b@example.net", "juliet@example.net@x", "\xff@example.net"}, "", verdict::no_identity, ""},
      {{"", "@", "juliet@example.net"}, "", verdict::ok, "juliet@example.net"},
      {one, "juliet", verdict::foreign_authzid, ""},
      {one, "juliet@example.net/balcony", verdict::foreign_authzid, ""},
      {one, "example.net", verdict::foreign_authzid, ""},
      {one, "@", verdict::foreign_authzid, ""},
      {one, "\xff", verdict::foreign_authzid, ""},
      {one, std::string_view("juliet@example.net\0", 19), verdict::foreign_authzid, ""},
      {{std::string("juliet@example.net\0.evil.example", 32)}, "", verdict::no_identity, ""},
      {{std::string("juliet\0x@example.net", 20)}, "", verdict::no_identity, ""},
  };
  for (const auto& r : rows) {
    CAPTURE(r.xmpp_addrs.size());
    CAPTURE(r.authzid);
    base::jid who;
    CHECK(identify_external(r.xmpp_addrs, r.authzid, "example.net", who) == r.expected);
    CHECK(who.full() == r.who);
  }
}

TEST_CASE("SECURITY 54: a distinguished name is no address, even where it looks like one") {
  for (const std::string text : {"CN=juliet@example.net", "/CN=juliet@example.net", "emailAddress=juliet@example.net",
                                 "CN=juliet, O=x@example.net", "xmpp:juliet@example.net", "<juliet@example.net>"}) {
    CAPTURE(text);
    base::jid who;
    const auto v = identify_external(strings{text}, "juliet@example.net", "example.net", who);
    CHECK(v != verdict::ok);
    CHECK(who.empty());
  }
}

TEST_CASE("ANONYMOUS: a trace of at most 255 characters, for the log") {
  CHECK(check_trace("") == verdict::ok);
  CHECK(check_trace("sirhc") == verdict::ok);
  CHECK(check_trace("sirhc@example.net") == verdict::ok);
  CHECK(check_trace(std::string(255, 'x')) == verdict::ok);
  CHECK(check_trace(std::string(256, 'x')) == verdict::too_long);
  CHECK(check_trace(std::string(1U << 20U, 'x')) == verdict::too_long);
  std::string wide;
  for (int i = 0; i < 255; ++i) wide += "\xf0\x9f\x8e\xad";
  CHECK(check_trace(wide) == verdict::ok);
  CHECK(check_trace(wide + "x") == verdict::too_long);
  CHECK(check_trace(wide.substr(4) + "xx") == verdict::too_long);
  for (const std::string_view text : {std::string_view("\0", 1), std::string_view("a\nb"), std::string_view("\x1b[31m"),
                                      std::string_view("\x7f"), std::string_view("\xff"), std::string_view("\xed\xa0\x80")}) {
    CHECK(check_trace(text) == verdict::malformed);
  }
}

TEST_CASE("SECURITY 51: ANONYMOUS: nodes are random UUIDs that an account can have, and never repeat") {
  std::vector<std::string> nodes(20'000);
  for (auto& n : nodes) n = anonymous_node();
  std::string variants;
  for (const auto& n : nodes) {
    REQUIRE(n.size() == 36);
    REQUIRE(n[14] == '4');
    REQUIRE(std::string_view("89ab").find(n[19]) != std::string_view::npos);
    if (variants.find(n[19]) == std::string::npos) variants += n[19];
    for (const std::size_t at : {8U, 13U, 18U, 23U}) REQUIRE(n[at] == '-');
    REQUIRE(base::prepare_node(n) == n);
  }
  CHECK(variants.size() == 4);
  std::sort(nodes.begin(), nodes.end());
  CHECK(std::adjacent_find(nodes.begin(), nodes.end()) == nodes.end());
}

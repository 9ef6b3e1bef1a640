#include "sasl/plain.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace couplet::sasl;
using couplet::base::jid;
using namespace std::string_literals;

namespace {

std::string message(const std::string& authzid, const std::string& authcid, const std::string& password) {
  return authzid + '\0' + authcid + '\0' + password;
}

verdict identify_as(std::string_view authzid, std::string_view authcid, jid& who) {
  plain_credentials c;
  c.authzid = authzid;
  c.authcid = authcid;
  c.password = "x";
  return identify(c, "example.net", who);
}

}  // namespace

TEST_CASE("PLAIN: three parts, the first may be empty") {
  plain_credentials c;
  const auto short_one = message("", "juliet", "r0m30myr0m30");
  REQUIRE(parse_plain(short_one, c) == verdict::ok);
  CHECK(c.authzid.empty());
  CHECK(c.authcid == "juliet");
  CHECK(c.password == "r0m30myr0m30");
  const auto whole = message("juliet@example.net", "juliet", "p\xc3\xa4ss w\xe2\x82\xacrd");
  REQUIRE(parse_plain(whole, c) == verdict::ok);
  CHECK(c.authzid == "juliet@example.net");
  CHECK(c.password == "p\xc3\xa4ss w\xe2\x82\xacrd");
}

TEST_CASE("PLAIN: anything else is malformed") {
  const std::vector<std::string> rows{"",
                                      "\0"s,
                                      "\0\0"s,
                                      "juliet",
                                      "\0juliet"s,
                                      "juliet\0password"s,
                                      "\0juliet\0"s,
                                      "\0\0password"s,
                                      "\0juliet\0pass\0word"s,
                                      "\0juliet\0password\0"s,
                                      "\0juliet\0pass\xff"s,
                                      "\0juliet\xc3\0password"s,
                                      "\xed\xa0\x80\0juliet\0password"s};
  for (const auto& text : rows) {
    CAPTURE(text);
    plain_credentials c;
    c.authcid = "untouched";
    CHECK(parse_plain(text, c) == verdict::malformed);
    CHECK(c.authcid == "untouched");
  }
}

TEST_CASE("PLAIN: overlong parts are refused (SECURITY 10)") {
  plain_credentials c;
  const std::string most(1023, 'x');
  const std::string more(1024, 'x');
  CHECK(parse_plain(message(most, most, most), c) == verdict::ok);
  CHECK(parse_plain(message(more, "a", "b"), c) == verdict::too_long);
  CHECK(parse_plain(message("", more, "b"), c) == verdict::too_long);
  CHECK(parse_plain(message("", "a", more), c) == verdict::too_long);
  CHECK(parse_plain(message("", "a", std::string(1U << 20U, 'x')), c) == verdict::too_long);
}

TEST_CASE("the address comes from what was proven, prepared") {
  jid who;
  REQUIRE(identify_as("", "Juliet", who) == verdict::ok);
  CHECK(who.full() == "juliet@example.net");
  REQUIRE(identify_as("", "Romeo@EXAMPLE.net", who) == verdict::ok);
  CHECK(who.full() == "romeo@example.net");
  REQUIRE(identify_as("JULIET@example.net", "juliet", who) == verdict::ok);
  CHECK(who.full() == "juliet@example.net");
}

TEST_CASE("nobody acts for anybody else (SECURITY 28)") {
  for (const std::string_view authzid :
       {"romeo@example.net", "romeo", "juliet", "juliet@other.example", "juliet@example.net/balcony", "example.net",
        "admin@example.net", "@", "juliet@example.net@x", "\xff"}) {
    CAPTURE(authzid);
    jid who;
    CHECK(identify_as(authzid, "juliet", who) == verdict::foreign_authzid);
    CHECK(who.empty());
  }
}

TEST_CASE("names that no account can have") {
  for (const std::string_view name : {"a b", "a/b", "a:b", "<x>", "juliet@other.example", "juliet@example.net/r", "@example.net",
                                      "a@b@c", "\x01", "\xff", "\xc2\xad"}) {
    CAPTURE(name);
    jid who;
    CHECK(identify_as("", name, who) == verdict::bad_name);
    CHECK(who.empty());
  }
}

TEST_CASE("what the peer is told") {
  CHECK(condition_of(verdict::ok).empty());
  for (const auto v : {verdict::malformed, verdict::too_long, verdict::unknown_extension, verdict::wrong_flag}) {
    CHECK(condition_of(v) == "malformed-request");
  }
  // One answer for all of these, so that nobody learns which names there are.
  for (const auto v : {verdict::bad_name, verdict::downgraded, verdict::unknown_binding, verdict::wrong_binding,
                       verdict::wrong_nonce, verdict::wrong_proof, verdict::no_identity}) {
    CHECK(condition_of(v) == "not-authorized");
  }
  CHECK(condition_of(verdict::foreign_authzid) == "invalid-authzid");
  CHECK(condition_of(verdict::ambiguous_identity) == "invalid-authzid");
}

TEST_CASE("passwords are compared as SASLprep leaves them, or as they are") {
  CHECK(prepare_password("plain Text 1~") == "plain Text 1~");
  CHECK(prepare_password("").empty());
  CHECK(prepare_password("I\xc2\xadX") == "IX");       // RFC 4013 section 3, example 1
  CHECK(prepare_password("\xc2\xaa") == "a");          // example 4
  CHECK(prepare_password("\xe2\x85\xa8") == "IX");     // example 5
  CHECK(prepare_password("a\xcc\x88") == "\xc3\xa4");  // composed
  CHECK(prepare_password("a\xc2\xa0\x62") == "a b");   // no-break space
  CHECK(prepare_password("\x07") == "\x07");           // example 6: prohibited, stays
  CHECK(prepare_password("\xd8\xa7"
                         "1") ==
        "\xd8\xa7"
        "1");                                         // example 7: bidirectional rule, stays
  CHECK(prepare_password("\xff\xfe") == "\xff\xfe");  // not UTF-8, stays
  CHECK(prepare_password("\xc2\xad") == "\xc2\xad");  // nothing would be left
  CHECK(prepare_password("a\0\xc3\xa4"s) == "a\0\xc3\xa4"s);
  CHECK(prepare_password(std::string(5000, '\x07')).size() == 5000);
}

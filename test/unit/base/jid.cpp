#include "base/jid.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using couplet::base::jid;
using couplet::base::prepare_domain;
using couplet::base::prepare_node;
using couplet::base::prepare_resource;

namespace {

std::string full(std::string_view text) {
  const auto parsed = jid::parse(text);
  return parsed ? parsed->full() : std::string("refused");
}

struct row {
  std::string text;
  std::string expected;
};

std::string repeat(std::size_t times, std::string_view text) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

/// A domain of exactly `size` bytes, of labels of 63.
std::string long_domain(std::size_t size) {
  std::string name = repeat(size / 64 + 1, std::string(63, 'a') + ".").substr(0, size);
  if (name.back() == '.') name.back() = 'a', name[name.size() - 2] = '.', name[name.size() - 3] = 'a';
  return name;
}

}  // namespace

TEST_CASE("an address falls into its parts") {
  const auto j = jid::parse("romeo@example.net/orchard");
  REQUIRE(j);
  CHECK(j->node() == "romeo");
  CHECK(j->domain() == "example.net");
  CHECK(j->resource() == "orchard");
  CHECK(j->bare() == "romeo@example.net");
  CHECK(j->full() == "romeo@example.net/orchard");
  CHECK_FALSE(j->is_bare());
  CHECK(j->has_node());

  const auto domain = jid::parse("example.net");
  REQUIRE(domain);
  CHECK(domain->node().empty());
  CHECK(domain->domain() == "example.net");
  CHECK(domain->resource().empty());
  CHECK(domain->is_bare());
  CHECK_FALSE(domain->has_node());

  const auto service = jid::parse("example.net/a@b/c");
  REQUIRE(service);
  CHECK(service->node().empty());
  CHECK(service->domain() == "example.net");
  CHECK(service->resource() == "a@b/c");

  const jid none;
  CHECK(none.empty());
  CHECK(none.domain().empty());
  CHECK(none.resource().empty());
}

TEST_CASE("equal addresses are equal bytes") {
  const std::vector<row> rows{
      {"Romeo@Example.NET/Orchard", "romeo@example.net/Orchard"},
      {"a@b./r", "a@b/r"},
      {"a@b/ with space ", "a@b/ with space "},
      {"a@sub_domain.example", "a@sub_domain.example"},
      {"\xc3\x84rger@example.net", "\xc3\xa4rger@example.net"},      // A with diaeresis
      {"stra\xc3\x9f\x65@example.net", "strasse@example.net"},       // sharp s, folded
      {"a@B\xc3\x9c\x43HER.example", "a@b\xc3\xbc\x63her.example"},  // U with diaeresis
      {"a@b\xe3\x80\x82\x63", "a@b.c"},                              // ideographic full stop
      {"a@b\xef\xbc\x8e\x63\xef\xbd\xa1", "a@b.c"},                  // the wide and the half-wide ones
      {"\xef\xbc\xa1@b", "a@b"},                                     // full-width A
      {"a@b/\xef\xbc\xa1", "a@b/A"},                                 // NFKC, case kept
      {"a@b/\xc2\xa0x", "a@b/ x"},                                   // no-break space
      {"a@b/\xf0\x9f\x93\xb1", "a@b/\xf0\x9f\x93\xb1"},              // an emoji: unassigned in 3.2
      {"a@b/soft\xc2\xadhyphen", "a@b/softhyphen"},                  // mapped to nothing
      {"a@127.0.0.1", "a@127.0.0.1"},
      {"a@[::1]/r", "a@[::1]/r"},
      {"a@[2001:DB8:0:0::1]", "a@[2001:db8::1]"},
  };
  for (const auto& r : rows) {
    CAPTURE(r.text);
    CHECK(full(r.text) == r.expected);
    CHECK(full(r.expected) == r.expected);
  }
}

TEST_CASE("what is no address is refused") {
  const std::vector<std::string> refused{
      "",
      "@",
      "/",
      "a@",
      "@b",
      "a@/r",
      "@b/r",
      "a@b/",
      "/r",
      "a@b@c",
      "a@b@c/r",
      // nodeprep's prohibited characters
      "a b@c",
      "a\"b@c",
      "a&b@c",
      "a'b@c",
      "a:b@c",
      "a<b@c",
      "a>b@c",
      "a\tb@c",
      "a\x7f@c",
      // the same by normalisation: full-width @, /, :
      "a\xef\xbc\xa0\x62@c",
      "a\xef\xbc\x8f\x62@c",
      "a\xef\xbc\x9a\x62@c",
      "a@b\xef\xbc\x8f\x63",
      "a@b\xef\xbc\xa0\x63",
      // domains
      "a@.",
      "a@b..c",
      "a@.b",
      "a@-b",
      "a@b-",
      "a@b-.c",
      "a@b c",
      "a@b:5222",
      "a@b%c",
      "a@b\n",
      "a@[::1",
      "a@[]",
      "a@[1.2.3.4]",
      "a@[::1%eth0]",
      "a@[::1].",
      "a@[",
      // resources
      "a@b/\x01",
      "a@b/x\ny",
      "a@b/\x7f",
      // a right-to-left letter beside a left-to-right one, unassigned, private use
      "a\xd7\x90@b",
      "\xf0\x9f\x93\xb1@b",
      "\xee\x80\x80@b",
      // nothing left after mapping
      "\xc2\xad@b",
      "a@\xc2\xad",
      "a@b/\xc2\xad",
  };
  for (const auto& text : refused) {
    CAPTURE(text);
    CHECK(full(text) == "refused");
  }
  CHECK(full(std::string("a\0b@c", 5)) == "refused");
  CHECK(full(std::string("a@c\0d", 5)) == "refused");
  CHECK(full(std::string("a@c/d\0", 6)) == "refused");
  CHECK(full(std::string("\xc3\xa4\0b@c", 6)) == "refused");
  CHECK(full(std::string("a@c/\xc3\xa4\0", 7)) == "refused");
  CHECK(full(std::string("a@[::1\0]", 8)) == "refused");
}

TEST_CASE("bytes that are not UTF-8 reach no profile (SECURITY 32)") {
  const std::vector<std::string> broken{
      "\x80",
      "\xbf",
      "\xc0\xaf",
      "\xc1\xbf",
      "\xc3",
      "\xc3(",
      "\xe2\x82",
      "\xe2\x28\xa1",
      "\xe0\x80\xaf",
      "\xe0\x9f\xbf",
      "\xed\xa0\x80",
      "\xed\xbf\xbf",
      "\xf0\x80\x80\xaf",
      "\xf0\x90\x28\xbc",
      "\xf4\x90\x80\x80",
      "\xf5\x80\x80\x80",
      "\xf8\x88\x80\x80\x80",
      "\xfe",
      "\xff",
      "abcdefgh\xc3",
      "abcdefg\xff"
      "abcdefgh",
  };
  for (const auto& text : broken) {
    CAPTURE(text);
    CHECK_FALSE(couplet::base::is_utf8(text));
    CHECK_FALSE(prepare_node(text));
    CHECK_FALSE(prepare_domain(text));
    CHECK_FALSE(prepare_resource(text));
    CHECK(full(text + "@b") == "refused");
    CHECK(full("a@" + text) == "refused");
    CHECK(full("a@b/" + text) == "refused");
  }
  for (const std::string text : {"", "plain", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                                 "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf",
                                 "12345678\xc3\xa4"
                                 "12345678"}) {
    CAPTURE(text);
    CHECK(couplet::base::is_utf8(text));
  }
  CHECK(couplet::base::utf8_length("\xe2\x82\xac!") == 3);
  CHECK(couplet::base::utf8_length("\xe2\x82") == 0);
  CHECK(couplet::base::utf8_length("") == 0);
}

TEST_CASE("parts are 1,023 bytes at most, before and after (SECURITY 10)") {
  const std::string longest(1023, 'n');
  CHECK(prepare_node(longest) == longest);
  CHECK(prepare_resource(longest) == longest);
  CHECK_FALSE(prepare_node(longest + "n"));
  CHECK_FALSE(prepare_resource(longest + "n"));
  const auto domain = long_domain(1023);
  REQUIRE(domain.size() == 1023);
  CHECK(prepare_domain(domain) == domain);
  CHECK_FALSE(prepare_domain(domain + "a"));

  const auto j = jid::make(longest, domain, longest);
  REQUIRE(j);
  CHECK(j->node().size() == 1023);
  CHECK(j->domain().size() == 1023);
  CHECK(j->resource().size() == 1023);

  // 511 x 2 bytes fit; the ligature of three bytes becomes "ffi": 341 of them still fit; U+FDFA has 3 bytes and becomes 33.
  CHECK(prepare_node(repeat(511, "\xc3\xa4")));
  CHECK_FALSE(prepare_node(repeat(512, "\xc3\xa4")));
  CHECK(prepare_resource(repeat(341, "\xef\xac\x83")) == repeat(341, "ffi"));
  CHECK(prepare_resource(repeat(31, "\xef\xb7\xba")));
  CHECK_FALSE(prepare_resource(repeat(40, "\xef\xb7\xba")));

  const std::string megabyte(1U << 20U, 'x');
  CHECK_FALSE(jid::parse(megabyte));
  CHECK_FALSE(jid::parse(megabyte + "@b"));
  CHECK_FALSE(jid::parse("a@b/" + megabyte));
  CHECK_FALSE(jid::make("a", "b", "")->with_resource(megabyte));
}

TEST_CASE("labels of a domain are 1 to 63 bytes as the DNS carries them") {
  const std::string label(63, 'a');
  CHECK(prepare_domain(label + "." + label));
  CHECK_FALSE(prepare_domain(label + "a"));
  CHECK_FALSE(prepare_domain("b." + label + "a.c"));
  CHECK_FALSE(prepare_domain("b." + label + "a"));
  CHECK(prepare_domain("\xc3\xa4" + std::string(50, 'a')));
  CHECK_FALSE(prepare_domain("\xc3\xa4" + std::string(58, 'a')));
}

TEST_CASE("an account gets a resource") {
  const auto bare = jid::parse("romeo@example.net/first");
  REQUIRE(bare);
  const auto other = bare->with_resource("second");
  REQUIRE(other);
  CHECK(other->full() == "romeo@example.net/second");
  CHECK(other->bare() == bare->bare());
  CHECK(*other == *jid::parse("ROMEO@example.net/second"));
  CHECK(*other != *bare);
  CHECK_FALSE(bare->with_resource(""));
  CHECK_FALSE(bare->with_resource("\x01"));
  CHECK_FALSE(jid().with_resource("x"));
  CHECK_FALSE(jid::make("a", "", "r"));
}

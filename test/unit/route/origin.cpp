#include "route/origin.hpp"

#include <doctest/doctest.h>

#include "route/codec.hpp"
#include "route/message.hpp"

using namespace couplet;

namespace {

route::origin at(std::uint64_t link, std::uint64_t number, bool again = false) {
  route::origin o;
  o.link = link;
  o.number = number & (~std::uint64_t{0} >> 1U);
  o.again = again ? 1 : 0;
  return o;
}

std::string text_of(const route::origin& o) {
  std::string text;
  route::append(text, o);
  return text;
}

}  // namespace

TEST_CASE("an origin as text, and back") {
  CHECK(text_of(at(0xabc, 7)) == "0000000000000abc.7");
  CHECK(text_of(at(0xabc, 7, true)) == "0000000000000abc.7+");
  for (const auto& o : {at(1, 1), at(~0ULL, ~0ULL >> 1U), at(5, 1234567, true)}) CHECK(route::parse_origin(text_of(o)) == o);
  for (const auto* bad :
       {"", ".", "0000000000000abc", "0000000000000abc.", "0000000000000abc.0", "0000000000000000.1", "abc.1",
        "0000000000000abc.-1", "0000000000000abc.1++", "0000000000000abc.1 ", "0000000000000abc.9223372036854775808",
        "0000000000000abc.99999999999999999999", "0000000000000ABC.1"}) {
    CAPTURE(bad);
    CHECK_FALSE(route::parse_origin(bad).has_value());
  }
}

TEST_CASE("what was given is remembered, by link and number") {
  route::origins seen;
  CHECK_FALSE(seen.has(at(1, 1)));
  seen.note(at(1, 1));
  seen.note(at(1, 3));
  seen.note(at(2, 2));
  CHECK(seen.has(at(1, 1)));
  CHECK_FALSE(seen.has(at(1, 2)));
  CHECK(seen.has(at(1, 3)));
  CHECK_FALSE(seen.has(at(1, 4)));
  CHECK(seen.has(at(2, 2, true)));
  CHECK_FALSE(seen.has(at(2, 1)));
}

TEST_CASE("what came before a new beginning is told from what came since") {
  route::origins seen;
  seen.note(at(1, 1));
  CHECK_FALSE(seen.has_before(at(1, 1)));
  seen.begin_anew();
  seen.note(at(1, 2));
  CHECK(seen.has_before(at(1, 1)));
  CHECK_FALSE(seen.has_before(at(1, 2)));
  seen.begin_anew();
  CHECK(seen.has_before(at(1, 2)));
  CHECK(seen.has_before(at(1, 1)));
}

TEST_CASE("old numbers and old links are forgotten, newer ones never taken for them") {
  route::origins seen;
  for (std::uint64_t n = 1; n <= 40'000; n += 2) seen.note(at(1, n));
  CHECK_FALSE(seen.has(at(1, 1)));
  CHECK(seen.has(at(1, 39'999)));
  CHECK_FALSE(seen.has(at(1, 39'998)));
  CHECK(seen.has(at(1, 39'999 - 16'382)));
  seen.begin_anew();
  seen.note(at(1, 100'000));
  CHECK_FALSE(seen.has(at(1, 39'999)));
  CHECK_FALSE(seen.has_before(at(1, 39'999)));
  CHECK_FALSE(seen.has_before(at(1, 39'999 + 16'384 * 3)));
  seen.note(at(1, 5));  // far too old: no harm
  CHECK_FALSE(seen.has(at(1, 5)));
  for (std::uint64_t link = 2; link < 200; ++link) seen.note(at(link, 1));
  CHECK_FALSE(seen.has(at(1, 100'000)));
  CHECK(seen.has(at(199, 1)));
  CHECK(seen.has(at(150, 1)));
}

TEST_CASE("a stanza's origin goes over the wire, and back with what could not be delivered") {
  route::stanza s(route::address(std::string("a@localhost/1")), route::address(std::string("1@c2s")), "<message/>");
  s.trace.origin = at(0xabc, 7, true);
  std::string wire;
  route::append(wire, s);
  CHECK(wire == "<route from='a@localhost/1' to='1@c2s' origin='0000000000000abc.7+'><message/></route>");
  auto read = route::parse(wire, route::writer::manager);
  REQUIRE(read);
  REQUIRE(route::trace_of(*read) != nullptr);
  CHECK(route::trace_of(*read)->origin == at(0xabc, 7, true));
  route::message answer;
  REQUIRE(route::bounce(*read, answer));
  CHECK(route::trace_of(answer)->origin == at(0xabc, 7, true));
  std::string back;
  route::append(back, answer);
  CHECK(back == "<route from='1@c2s' to='a@localhost/1' type='error' origin='0000000000000abc.7+'><message/></route>");
}

TEST_CASE("an origin that cannot be read costs nothing but itself") {
  const auto read =
      route::parse("<route from='a@localhost/1' to='1@c2s' origin='nonsense'><message/></route>", route::writer::manager);
  REQUIRE(read);
  CHECK_FALSE(route::trace_of(*read)->origin.is_known());
  CHECK(std::get<route::stanza>(*read).xml == "<message/>");
}

#include "base/plain_address.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>

#include "base/jid.hpp"

namespace couplet::base {

TEST_CASE("plain address: its parts") {
  const auto full = split_plain_address("romeo@montague.example/Balcony 1/a@b");
  REQUIRE(full);
  CHECK(full->bare == "romeo@montague.example");
  CHECK(full->node == "romeo");
  CHECK(full->domain == "montague.example");
  CHECK(full->resource == "Balcony 1/a@b");
  const auto domain = split_plain_address("echo_1.localhost");
  REQUIRE(domain);
  CHECK(domain->bare == "echo_1.localhost");
  CHECK(domain->domain == "echo_1.localhost");
  CHECK(domain->node.empty());
  CHECK(domain->resource.empty());
}

TEST_CASE("plain address: what has to be prepared, decoded or refused is not plain") {
  const std::string label(63, 'a');
  CHECK(split_plain_address(label + ".example"));
  CHECK_FALSE(split_plain_address(label + "a.example"));
  CHECK_FALSE(split_plain_address(std::string(1024, 'a') + "@example"));
  CHECK_FALSE(split_plain_address("example/" + std::string(1024, 'a')));
  for (const char* text : {"",
                           "@",
                           "/",
                           "@example",
                           "example/",
                           "a@",
                           "Example",
                           "a.example.",
                           ".example",
                           "a..example",
                           "-a.example",
                           "a-.example",
                           "[::1]",
                           "A@example",
                           "a b@example",
                           "a@b@example",
                           "a&amp;b@example",
                           "a@example/&#65;",
                           "a@example/\x7f",
                           "a@example/\t",
                           "d\xc3\xbc.example",
                           "a@example/\xc3\xbc",
                           "*.example"}) {
    CAPTURE(text);
    CHECK_FALSE(split_plain_address(text));
  }
}

TEST_CASE("plain address: what it says is what preparing says") {
  constexpr std::string_view characters = "abzAZ09.-_@/ &'\"<>:[]*\x7f\xc3";
  std::mt19937 random(20);
  std::size_t plain = 0;
  for (int turn = 0; turn < 200'000; ++turn) {
    std::string text;
    for (auto left = random() % 8; left != 0; --left) text += characters[random() % (turn % 2 == 0 ? 10 : characters.size())];
    const auto parts = split_plain_address(text);
    if (!parts) continue;
    ++plain;
    CAPTURE(text);
    const auto prepared = jid::parse(text);
    REQUIRE(prepared);
    REQUIRE(prepared->full() == text);
    REQUIRE(prepared->bare() == parts->bare);
    REQUIRE(prepared->node() == parts->node);
    REQUIRE(prepared->domain() == parts->domain);
    REQUIRE(prepared->resource() == parts->resource);
  }
  CHECK(plain > 1000);
}

}  // namespace couplet::base

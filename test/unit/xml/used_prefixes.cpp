#include "../../../source/xml/used_prefixes.hpp"

#include <doctest/doctest.h>

#include <string>

#include "xml/names.hpp"

using namespace couplet;

namespace {

std::string name_of(std::size_t i) {
  return "p" + std::to_string(i);
}

std::vector<xml::prefix_declaration> header_of(std::size_t prefixes) {
  std::vector<xml::prefix_declaration> header(prefixes);
  for (std::size_t i = 0; i < prefixes; ++i) {
    header[i].prefix = name_of(i);
    header[i].namespace_uri = "urn:x";
  }
  return header;
}

}  // namespace

TEST_CASE("prefixes that stand before a colon are used") {
  const auto header = header_of(4);
  xml::used_prefixes used(header);
  used.look_through("<p1:a b='xp0:y p2 :'><q:p3:z/></p1:a>");
  CHECK_FALSE(used.contains(0));
  CHECK(used.contains(1));
  CHECK_FALSE(used.contains(2));
  CHECK(used.contains(3));
}

TEST_CASE("what needs no declaration is not looked for") {
  auto header = header_of(3);
  header[0].prefix = "stream";
  header[0].namespace_uri = xml::ns::stream;
  header[1].prefix = "xml";
  xml::used_prefixes used(header);
  used.look_through("<stream:a xml:lang='' p2:b=''/>");
  CHECK_FALSE(used.contains(0));
  CHECK_FALSE(used.contains(1));
  CHECK(used.contains(2));
}

TEST_CASE("the cost does not grow with colons times prefixes") {
  constexpr std::size_t prefixes = 256;
  constexpr std::size_t colons = 50'000;
  const auto header = header_of(prefixes);
  std::string all;
  for (std::size_t i = 0; i < prefixes; ++i) all += "<" + name_of(i) + ":a/>";
  std::string many;
  for (std::size_t i = 0; i < colons; ++i) many += ":a:";

  // With the last one found it is over.
  xml::used_prefixes early(header);
  early.look_through(all + many);
  for (std::size_t i = 0; i < prefixes; ++i) CHECK(early.contains(i));
  CHECK(early.comparisons() <= prefixes * 10);

  // Where one is never found, a colon costs a binary search.
  xml::used_prefixes late(header);
  late.look_through(many + all.substr(all.find('>') + 1));
  CHECK_FALSE(late.contains(0));
  CHECK(late.comparisons() <= (2 * colons + prefixes) * 10);
}

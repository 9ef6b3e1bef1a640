#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "oracle.hpp"
#include "recordings.hpp"
#include "route/codec.hpp"

using namespace couplet;

TEST_CASE("the examples in etc/PROTOCOL.md are recorded, and are read as the page says") {
  const char* const data = std::getenv("COUPLET_TEST_DATA");
  REQUIRE(data != nullptr);
  std::ifstream page(std::string(data) + "/../../etc/PROTOCOL.md");
  REQUIRE(page.is_open());

  std::set<std::string> recorded;
  for (const std::string& file : test::recording_files())
    for (const test::recorded_element& e : test::read_recording(file).elements)
      recorded.insert((e.from == route::writer::c2s ? "c2s " : "sm ") + e.bytes);

  std::set<std::string> kinds;
  bool in_example = false;
  for (std::string line; std::getline(page, line);) {
    if (line == "```") in_example = !in_example;
    if (line == "```" || !in_example) continue;
    std::istringstream words(line);
    std::string side;
    std::string kind;
    std::string bytes;
    words >> side >> kind >> std::ws;
    std::getline(words, bytes);
    CAPTURE(bytes);
    CHECK((side == "c2s" || side == "sm"));
    CHECK(recorded.count(side + " " + bytes) == 1);
    const route::writer from = side == "c2s" ? route::writer::c2s : route::writer::manager;
    const bool plain = bytes.starts_with("<message");
    const auto notice = plain ? route::parse_notice(bytes) : std::nullopt;
    const auto got = notice ? base::result<route::message>(*notice) : route::parse(bytes, from);
    REQUIRE(got.ok());
    CHECK(route::name_of(got.value()) == kind);
    CHECK(test::meaning_of_message(got.value()) ==
          (plain ? test::meaning_of_notice(bytes) : test::meaning_of_bytes(bytes, from)));
    kinds.insert(kind);
  }
  CHECK_FALSE(in_example);
  CHECK(kinds.size() + 1 == std::variant_size_v<route::message>);  // route::held never leaves the process
}

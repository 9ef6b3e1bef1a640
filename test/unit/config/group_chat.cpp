#include <doctest/doctest.h>

#include "fixture.hpp"

using namespace couplet::config;

using names = std::vector<std::string>;

TEST_CASE("group chat: it is there, under conference.DOMAIN for each domain, and where somebody else has that name it is not") {
  struct row {
    std::vector<std::string> arguments;
    names expected;
  };
  const std::vector<row> table{
      {{}, {"conference.localhost"}},
      {{"--domain", "a.example", "--domain", "b.example"}, {"conference.a.example", "conference.b.example"}},
      {{"--no-group-chat"}, {}},
      {{"--group-chat", "Chat.localhost", "--group-chat", "rooms.localhost"}, {"chat.localhost", "rooms.localhost"}},
      {{"--component", "conference.localhost:x"}, {}},
      {{"--component", "*.localhost:x"}, {"conference.localhost"}},
      {{"--domain", "localhost", "--domain", "conference.localhost"}, {"conference.conference.localhost"}},
      {{"--alias", "conference.localhost=localhost"}, {}},
      {{"--sm", "127.0.0.1:1", "--sm-id", "a.b", "--sm-secret", "x"}, {}},
  };
  for (const auto& r : table) {
    const auto p = parse(r.arguments);
    REQUIRE_MESSAGE(p.result.run, p.result.text);
    CHECK(p.options.group_chat == r.expected);
  }
}

TEST_CASE("group chat: names that cannot be") {
  const std::vector<std::vector<std::string>> table{
      {"--group-chat", "localhost"},
      {"--group-chat", "a b"},
      {"--group-chat", "x.localhost", "--group-chat", "x.localhost"},
      {"--group-chat", "x.localhost", "--component", "x.localhost:y"},
      {"--group-chat", "x.localhost", "--c2s", "x.localhost:y"},
      {"--group-chat", "x.localhost", "--no-group-chat"},
      {"--group-chat", "x.localhost", "--sm", "127.0.0.1:1", "--sm-id", "a.b", "--sm-secret", "x"},
  };
  for (const auto& arguments : table) {
    const auto p = parse(arguments);
    CHECK_FALSE(p.result.run);
    CHECK(p.result.code == 2);
    CHECK(p.result.text.find("group-chat") != std::string::npos);
  }
}

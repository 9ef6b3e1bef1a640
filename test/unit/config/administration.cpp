#include <doctest/doctest.h>

#include "fixture.hpp"

using namespace couplet::config;

// Who may do more than others.

TEST_CASE("administration: anybody may have an account only where it does not last, and is ours") {
  CHECK_FALSE(parse({}).options.accept_any_user);
  CHECK(parse({"--accept-any-user"}).options.accept_any_user);
  CHECK(parse({}, {{"COUPLET_ACCEPT_ANY_USER", "true"}}).options.accept_any_user);
  CHECK(parse({"--accept-any-user", "--user", "a@localhost:x", "--anonymous", "--register"}).result.run);
  struct row {
    std::vector<std::string> with;
    const char* says;
  };
  const std::vector<row> table{
      {{"--data", "/d"}, "--accept-any-user: excludes --data"},
      {{"--sm", "127.0.0.1:1", "--sm-id", "a", "--sm-secret", "b"}, "excludes --sm"},
      {{"--auth-http", "http://127.0.0.1:1/"}, "excludes --auth-http"},
      {{"--auth-command", "/bin/true"}, "--auth-command"},
  };
  for (const auto& r : table) {
    auto arguments = r.with;
    arguments.insert(arguments.begin(), "--accept-any-user");
    const auto p = parse(arguments);
    CHECK(p.result.code == 2);
    CHECK(p.result.text.starts_with("couplet: --accept-any-user: "));
    CHECK(p.result.text.find(r.says) != std::string::npos);
    CHECK(p.result.text.find('\n') == p.result.text.size() - 1);
  }
  const temporary_file file("accept-any-user = true\ndata = \"/d\"\n");
  CHECK(parse({"--config", file.path()}).result.text.find(":1: accept-any-user: excludes --data") != std::string::npos);
}

TEST_CASE("administration: admins are accounts of domains that are served") {
  CHECK(parse({}).options.admins.empty());
  const auto p = parse({"--domain", "a.example", "--domain", "b.example", "--admin", "Boss@A.example", "--admin", "x@b.example"});
  REQUIRE_MESSAGE(p.result.run, p.result.text);
  CHECK(p.options.admins == std::vector<std::string>{"boss@a.example", "x@b.example"});
  CHECK(parse({}, {{"COUPLET_ADMIN", "a@localhost,b@localhost"}}).options.admins.size() == 2);
  const temporary_file file("admin = [\"a@localhost\", \"b@localhost\"]\n");
  CHECK(parse({"--config", file.path()}).options.admins.size() == 2);
  const std::vector<std::vector<std::string>> table{
      {"--admin", "localhost"},
      {"--admin", "a b@localhost"},
      {"--admin", "a@localhost/home"},
      {"--admin", "a@elsewhere.example"},
      {"--admin", "a@localhost", "--admin", "A@localhost"},
      {"--admin", "a@localhost", "--sm", "127.0.0.1:1", "--sm-id", "a", "--sm-secret", "b"},
  };
  for (const auto& arguments : table) {
    const auto refused = parse(arguments);
    CHECK(refused.result.code == 2);
    CHECK(refused.result.text.starts_with("couplet: --admin: "));
    CHECK(refused.result.text.find('\n') == refused.result.text.size() - 1);
  }
}

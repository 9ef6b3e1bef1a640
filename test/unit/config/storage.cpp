#include <doctest/doctest.h>

#include <string>

#include "fixture.hpp"

using namespace couplet::config;

// --data and what is done with it.

TEST_CASE("storage: passwords are stored only where they are asked for, and where there is a place") {
  CHECK_FALSE(parse({"--data", "/d"}).options.store_passwords);
  CHECK(parse({"--data", "/d", "--store-passwords"}).options.store_passwords);
  const auto nowhere = parse({"--store-passwords"});
  CHECK(nowhere.result.code == 2);
  CHECK(nowhere.result.text == "couplet: --store-passwords: needs --data DIR, and the embedded session manager\n");
  CHECK(parse({"--store-passwords", "--data", "/d", "--sm", "127.0.0.1:1", "--sm-id", "a", "--sm-secret", "b"}).result.code == 2);
}

TEST_CASE("storage: one thing to do, with a folder to do it in") {
  using kind = chore::kind;
  CHECK_FALSE(parse({"--data", "/d"}).options.to_do.has_value());
  const std::pair<const char*, kind> rows[] = {
      {"--backup", kind::backup}, {"--export", kind::export_accounts}, {"--import", kind::import_accounts}};
  for (const auto& [name, what] : rows) {
    CAPTURE(name);
    const auto done = parse({name, "/f", "--data", "/d"});
    REQUIRE(done.result.run);
    REQUIRE(done.options.to_do.has_value());
    CHECK(done.options.to_do->what == what);
    CHECK(done.options.to_do->file == "/f");
    CHECK(done.options.data == "/d");
    const auto without = parse({name, "/f"});
    CHECK(without.result.code == 2);
    CHECK(without.result.text == "couplet: " + std::string(name) + ": needs --data DIR, which it is about\n");
    CHECK(parse({name, "", "--data", "/d"}).result.code == 2);
  }
  const auto two = parse({"--backup", "/f", "--export", "-", "--data", "/d"});
  CHECK(two.result.code == 2);
  CHECK(two.result.text.find("one of --backup, --export and --import at a time") != std::string::npos);
}

TEST_CASE("storage: what is done once is no setting of a file or an environment") {
  const temporary_file file("data = \"/d\"\nbackup = \"/f\"\n");
  CHECK(parse({"--config", file.path()}).result.text.find("unknown key \"backup\"") != std::string::npos);
  const temporary_file folder("data = \"/d\"\n");
  const auto done = parse({"--config", folder.path(), "--backup", "/f"}, {{"COUPLET_EXPORT", "/x"}});
  REQUIRE(done.result.run);
  CHECK(done.options.data == "/d");
  CHECK(done.options.to_do->what == chore::kind::backup);
}

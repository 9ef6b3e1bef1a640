#include "component/names.hpp"

#include <doctest/doctest.h>

namespace couplet::component {
namespace {

std::string secret_of(const secret_map& names, std::string_view name) {
  const auto* const found = find_secret(names, name);
  return found == nullptr ? "nobody" : *found;
}

}  // namespace

TEST_CASE("names: the one that says most counts") {
  const secret_map names{{"bot.example.org", "bot"},
                         {"*.bots.example.org", "bots"},
                         {"*.deep.bots.example.org", "deep"},
                         {"x.bots.example.org", "x"},
                         {"*.example.net", "net"}};
  CHECK(secret_of(names, "bot.example.org") == "bot");
  CHECK(secret_of(names, "y.bots.example.org") == "bots");
  CHECK(secret_of(names, "z.y.bots.example.org") == "bots");
  CHECK(secret_of(names, "z.deep.bots.example.org") == "deep");
  CHECK(secret_of(names, "deep.bots.example.org") == "bots");
  CHECK(secret_of(names, "x.bots.example.org") == "x");
  CHECK(secret_of(names, "y.x.bots.example.org") == "bots");
  CHECK(secret_of(names, "a.b.c.example.net") == "net");
}

TEST_CASE("names: a wildcard stands for names below it, not for itself, and for whole labels only") {
  const secret_map names{{"*.bots.example.org", "bots"}};
  for (const char* other : {"bots.example.org", "example.org", "org", "", "xbots.example.org", "bots.example.org.evil.org",
                            "*.example.org", "x.bots.example.org.", "bots.example.orgx"}) {
    CHECK_MESSAGE(secret_of(names, other) == "nobody", other);
  }
  CHECK(secret_of({}, "x.bots.example.org") == "nobody");
}

}  // namespace couplet::component

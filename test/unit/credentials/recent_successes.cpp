#include "credentials/recent_successes.hpp"

#include <doctest/doctest.h>

#include <string>

using couplet::credentials::recent_successes;

TEST_CASE("recent successes: the same account, key and password, and nothing else") {
  recent_successes s;
  CHECK_FALSE(s.has("alice@example.org", "key", "password"));
  s.remember("alice@example.org", "key", "password");
  CHECK(s.has("alice@example.org", "key", "password"));
  CHECK_FALSE(s.has("alice@example.org", "key", "Password"));
  CHECK_FALSE(s.has("alice@example.org", "key", ""));
  CHECK_FALSE(s.has("bob@example.org", "key", "password"));
  // The password was changed: another key is stored.
  CHECK_FALSE(s.has("alice@example.org", "new key", "password"));
  // The parts do not run together.
  CHECK_FALSE(s.has("alice@example.org", "keyp", "assword"));
  CHECK_FALSE(s.has("alice@example.or", "gkey", "password"));
}

TEST_CASE("recent successes: one password for each account, the last one") {
  recent_successes s;
  s.remember("alice@example.org", "old", "first");
  s.remember("alice@example.org", "new", "second");
  CHECK_FALSE(s.has("alice@example.org", "old", "first"));
  CHECK(s.has("alice@example.org", "new", "second"));
}

TEST_CASE("recent successes: bounded; who comes later takes the place") {
  recent_successes s(4);
  for (int i = 0; i < 100; ++i) s.remember(std::to_string(i) + "@example.org", "key", "password");
  CHECK(s.has("99@example.org", "key", "password"));
  int kept = 0;
  for (int i = 0; i < 100; ++i) kept += s.has(std::to_string(i) + "@example.org", "key", "password") ? 1 : 0;
  CHECK(kept >= 1);
  CHECK(kept <= 4);
}

TEST_CASE("recent successes: another process knows nothing of it") {
  recent_successes one, other;
  one.remember("alice@example.org", "key", "password");
  other.remember("bob@example.org", "key", "password");
  CHECK_FALSE(other.has("alice@example.org", "key", "password"));
}

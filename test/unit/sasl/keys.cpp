#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "sasl/credentials.hpp"
#include "sasl/plain.hpp"
#include "sasl/scram_keys.hpp"

using namespace couplet;
using namespace couplet::sasl;

TEST_CASE("keys: of one password, for each hash") {
  for (const auto hash : {scram_hash::sha1, scram_hash::sha256, scram_hash::sha512}) {
    const auto keys = new_keys(hash, "r0m30myr0m30", 10);
    CHECK(keys.iterations == 10);
    CHECK(keys.salt.size() == salt_bytes);
    CHECK(keys.stored_key.size() == base::hash_bytes(hash));
    CHECK(keys.server_key.size() == base::hash_bytes(hash));
    CHECK(password_fits(hash, keys, "r0m30myr0m30"));
    for (const std::string_view wrong : {"", "r0m30myr0m3", "r0m30myr0m300", "R0m30myr0m30"}) {
      CHECK_FALSE(password_fits(hash, keys, wrong));
    }
    // Each time another salt, so that equal passwords do not show.
    CHECK(new_keys(hash, "r0m30myr0m30", 10).salt != keys.salt);
    CHECK(derive_keys(hash, "r0m30myr0m30", keys.salt, 10).stored_key == keys.stored_key);
    CHECK(derive_keys(hash, "r0m30myr0m30", keys.salt, 11).stored_key != keys.stored_key);
  }
}

TEST_CASE("keys: those of one hash are none of another") {
  const auto keys = new_keys(scram_hash::sha1, "secret", 2);
  CHECK_FALSE(password_fits(scram_hash::sha256, keys, "secret"));
  CHECK_FALSE(password_fits(scram_hash::sha512, keys, "secret"));
}

TEST_CASE("keys: passwords of any length and with any bytes, prepared like those of PLAIN") {
  for (const auto& password : {std::string(), std::string(1, '\0'), std::string(1'023, 'x'), std::string(100'000, 'x')}) {
    const auto keys = new_keys(scram_hash::sha256, password, 2);
    CHECK(password_fits(scram_hash::sha256, keys, password));
    CHECK_FALSE(password_fits(scram_hash::sha256, keys, password + 'x'));
  }
  const auto keys = new_keys(scram_hash::sha1, prepare_password("I\xc2\xadX"), 2);
  CHECK(password_fits(scram_hash::sha1, keys, prepare_password("IX")));
}

TEST_CASE("keys: a number of rounds that is none is an error, not a weak key") {
  CHECK_THROWS_AS(derive_keys(scram_hash::sha1, "secret", "salt", 0), std::invalid_argument);
  CHECK_THROWS_AS(derive_keys(scram_hash::sha1, "secret", "salt", 0x80000000U), std::invalid_argument);
  CHECK_THROWS_AS(password_fits(scram_hash::sha1, scram_keys(), "secret"), std::invalid_argument);
}

TEST_CASE("credentials: questions and answers") {
  const auto who = *base::jid::parse("juliet@example.net");
  question password(who, std::string("r0m30myr0m30"), "192.0.2.1");
  CHECK(password.what == question::kind::password);
  CHECK(password.password == "r0m30myr0m30");
  question keys(question::kind::keys, who, scram_hash::sha512);
  CHECK(keys.what == question::kind::keys);
  CHECK(base::hash_bytes(keys.hash) == 64);
  CHECK(keys.who.full() == "juliet@example.net");
  CHECK_FALSE(std::is_copy_constructible_v<question>);
  CHECK(std::is_nothrow_move_constructible_v<question>);
  password = std::move(keys);
  CHECK(password.password.empty());

  CHECK_FALSE(answer(answer::verdict::unavailable).keys.has_value());
  const answer found(scram_keys("salt", 4'096, "stored", "server"));
  CHECK(found.outcome == answer::verdict::keys);
  CHECK(found.keys.value().iterations == 4'096);
}

#include "base/digest.hpp"

#include <doctest/doctest.h>

#include <array>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "base/random.hpp"
#include "base/secret.hpp"

using namespace couplet::base;

namespace {

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    text += digits[static_cast<unsigned char>(c) >> 4U];
    text += digits[static_cast<unsigned char>(c) & 15U];
  }
  return text;
}

constexpr std::array functions{hash_function::sha1, hash_function::sha256, hash_function::sha512};

}  // namespace

TEST_CASE("digests: the vectors of FIPS 180") {
  CHECK(hex(digest_of(hash_function::sha1, "abc")) == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(hex(digest_of(hash_function::sha256, "abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hex(digest_of(hash_function::sha512, "abc")) ==
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94f"
        "a54ca49f");
  CHECK(hex(digest_of(hash_function::sha256, "")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(digest_of(hash_function::sha256, {}) == digest_of(hash_function::sha256, ""));
  for (const auto f : functions) CHECK(digest_of(f, "x").size() == hash_bytes(f));
}

TEST_CASE("HMAC: the vectors of RFC 2202 and RFC 4231, also with keys longer than a block") {
  CHECK(hex(hmac(hash_function::sha1, "Jefe", "what do ya want for nothing?")) == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  CHECK(hex(hmac(hash_function::sha256, "Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(hex(hmac(hash_function::sha512, "Jefe", "what do ya want for nothing?")) ==
        "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a"
        "38bce737");
  const std::string long_key(131, '\xaa');
  const std::string_view text = "Test Using Larger Than Block-Size Key - Hash Key First";
  CHECK(hex(hmac(hash_function::sha256, long_key, text)) == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  CHECK(hex(hmac(hash_function::sha512, long_key, text)) ==
        "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a98"
        "5d786598");
  CHECK(hex(hmac(hash_function::sha1, "", "")) == "fbdb1d1b18aa6c08324b7d64b71fb76370690e1d");
  CHECK(hmac(hash_function::sha1, {}, {}) == hmac(hash_function::sha1, "", ""));
}

TEST_CASE("PBKDF2: the vectors of RFC 6070, and of SHA-2 as Python's hashlib computes them") {
  CHECK(hex(pbkdf2(hash_function::sha1, "password", "salt", 1)) == "0c60c80f961f0e71f3a9b524af6012062fe037a6");
  CHECK(hex(pbkdf2(hash_function::sha1, "password", "salt", 2)) == "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957");
  CHECK(hex(pbkdf2(hash_function::sha1, "password", "salt", 4'096)) == "4b007901b765489abead49d926f721d065a429c1");
  CHECK(hex(pbkdf2(hash_function::sha256, "password", "salt", 4'096)) ==
        "c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a");
  CHECK(hex(pbkdf2(hash_function::sha512, "password", "salt", 4'096)) ==
        "d197b1b33db0143e018b12f3d1d1479e6cdebdcc97c5c0f87f6902e072f457b5143f30602641b3d55cd335988cb36b84376060ecd532e039b742a239"
        "434af2d5");
  CHECK(hex(pbkdf2(hash_function::sha256, "", "", 1)) == "f7ce0b653d2d72a4108cf5abe912ffdd777616dbbb27a70e8204f3ae2d0f6fad");
  CHECK(hex(pbkdf2(hash_function::sha512, std::string(200, 'x'), std::string(300, 's'), 3)) ==
        "ee28df5c4dc42143ed1c5509a5d47bcb21c29260e65179a60517953505380d4e3d9008dc002a275a17ea2bc74f0f17a92bd7f87ee213cbd60497b3ac"
        "cbe52e4d");
  CHECK_THROWS_AS(pbkdf2(hash_function::sha1, "password", "salt", 0), std::invalid_argument);
  CHECK_THROWS_AS(pbkdf2(hash_function::sha1, "password", "salt", 0x80000000U), std::invalid_argument);
}

TEST_CASE("secrets are overwritten, all of their memory") {
  for (const std::size_t n : {0U, 5U, 15U, 100U}) {
    std::string secret(n, 's');
    const char* memory = secret.data();
    wipe(secret);
    CHECK(secret.empty());
    CHECK(secret.data() == memory);
    secret.resize(secret.capacity(), 'x');
    CHECK(secret.data() == memory);
  }
  // What is left of a short one that was moved away.
  std::string secret = "r0m30";
  const std::string other = std::move(secret);
  wipe(secret);  // NOLINT(bugprone-use-after-move)
  CHECK(std::string_view(secret.data(), 6) == std::string_view("\0\0\0\0\0\0", 6));
}

TEST_CASE("random bytes: as many as are asked for") {
  CHECK(random_bytes(0).empty());
  CHECK(random_bytes(32).size() == 32);
  CHECK(random_bytes(32) != random_bytes(32));
}

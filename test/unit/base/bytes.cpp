#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/base64.hpp"
#include "base/digest.hpp"
#include "base/random.hpp"
#include "base/text_pool.hpp"

using namespace couplet::base;

TEST_CASE("base64: the vectors of RFC 4648, both ways") {
  const std::vector<std::pair<std::string, std::string>> rows{{"", ""},
                                                              {"f", "Zg=="},
                                                              {"fo", "Zm8="},
                                                              {"foo", "Zm9v"},
                                                              {"foob", "Zm9vYg=="},
                                                              {"fooba", "Zm9vYmE="},
                                                              {"foobar", "Zm9vYmFy"},
                                                              {"\xff\xfe\xfd", "//79"},
                                                              {"\xfb\xef\xbe", "++++"}};
  for (const auto& [bytes, text] : rows) {
    CHECK(base64_encode(bytes) == text);
    CHECK(base64_decode(text) == bytes);
  }
  std::string all;
  for (int i = 0; i < 256; ++i) {
    all += static_cast<char>(i);
    CHECK(base64_decode(base64_encode(all)) == all);
  }
}

TEST_CASE("base64: one text for each value, no other is taken") {
  for (const std::string_view text :
       {"=",     "==",     "===",    "====", "Z",    "Zg",   "Zg=",   "Zm8",  "Zg==Zg==", "Zm8=Zm8=", "Zh==",    "Zm9=",
        " Zg==", "Zg==\n", "Zm9v\n", "Z g=", "Zg=g", "=g==", "Zm9v=", "Zm-v", "Zm_v",     "Zm9\xc3",  "Zm9v===="}) {
    CAPTURE(text);
    CHECK_FALSE(base64_decode(text));
  }
  CHECK_FALSE(base64_decode(std::string_view("Zm\0v", 4)));
}

TEST_CASE("SHA-1 of two texts in a row") {
  CHECK(sha1_hex("", "") == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  CHECK(sha1_hex("abc", "") == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(sha1_hex("a", "bc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(sha1_hex("", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") == "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  // XEP-0078 example: stream id 3EE948B0, password Calli0pe
  CHECK(sha1_hex("3EE948B0", "Calli0pe") == "48fc78be9ec8f86d8ce1c39c320c97c21d62334d");
}

TEST_CASE("a comparison looks at every byte (SECURITY 50)") {
  const std::string secret = "0123456789abcdef0123456789abcdef01234567";
  CHECK(equal_in_constant_time(secret, secret));
  for (std::size_t at = 0; at < secret.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      auto other = secret;
      other[at] = static_cast<char>(static_cast<unsigned char>(other[at]) ^ (1U << bit));
      CHECK_FALSE(equal_in_constant_time(other, secret));
      CHECK_FALSE(equal_in_constant_time(secret, other));
    }
  }
  CHECK(equal_in_constant_time("", ""));
  CHECK_FALSE(equal_in_constant_time("", secret));
  CHECK_FALSE(equal_in_constant_time(secret, ""));
  CHECK_FALSE(equal_in_constant_time(secret.substr(1), secret));
  CHECK_FALSE(equal_in_constant_time(secret + secret, secret));
  CHECK_FALSE(equal_in_constant_time(std::string_view("\0", 1), ""));
  CHECK_FALSE(equal_in_constant_time("", std::string_view("\0", 1)));
  CHECK_FALSE(equal_in_constant_time("aa", "a"));
  CHECK_FALSE(equal_in_constant_time("a", "aa"));
}

TEST_CASE("1,000,000 ids are 1,000,000 different ones (SECURITY 51)") {
  constexpr std::size_t many = 1'000'000;
  std::vector<std::string> ids;
  ids.reserve(many);
  for (std::size_t i = 0; i < many; ++i) ids.push_back(random_hex(16));
  std::sort(ids.begin(), ids.end());
  CHECK(std::adjacent_find(ids.begin(), ids.end()) == ids.end());

  // Every one of the 128 bits is on about as often as off: 10 standard deviations are 0.5 per cent here.
  std::vector<std::size_t> set(128);
  for (const auto& id : ids) {
    for (std::size_t i = 0; i < 32; ++i) {
      const auto nibble = static_cast<unsigned>(id[i] <= '9' ? id[i] - '0' : id[i] - 'a' + 10);
      for (std::size_t b = 0; b < 4; ++b) set[4 * i + b] += nibble >> b & 1U;
    }
  }
  CHECK(*std::min_element(set.begin(), set.end()) > many / 1000 * 495);
  CHECK(*std::max_element(set.begin(), set.end()) < many / 1000 * 505);
}

TEST_CASE("random text has the length asked for and hexadecimal digits only") {
  for (const std::size_t bytes : {0U, 1U, 2U, 7U, 300U}) {
    const auto id = random_hex(bytes);
    CHECK(id.size() == 2 * bytes);
    CHECK(id.find_first_not_of("0123456789abcdef") == std::string::npos);
  }
  CHECK(random_u64() != random_u64());
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{48}, std::size_t{1000}}) {
    std::string bytes(size + 1, static_cast<char>(0x5a));
    fill_random(bytes.data(), size);
    CHECK(bytes.back() == 0x5a);  // nothing beyond
    if (size >= 48) CHECK(bytes.substr(size - 32, 32) != std::string(32, static_cast<char>(0x5a)));
  }
}

namespace {

/// Of what other tests left on this thread: the texts that are taken here are dropped.
void empty_the_pool() {
  for (int i = 0; i < 300; ++i) static_cast<void>(take_text()), static_cast<void>(take_short_text());
  REQUIRE(pooled_texts() == 0);
}

}  // namespace

TEST_CASE("the pool gives back the memory of texts, empty") {
  empty_the_pool();
  std::string text(1000, 'x');
  const auto* const memory = text.data();
  const auto capacity = text.capacity();
  give_text(std::move(text));
  CHECK(pooled_texts() == 1);
  const auto again = take_text();
  CHECK(pooled_texts() == 0);
  CHECK(again.empty());
  CHECK(again.data() == memory);
  CHECK(again.capacity() == capacity);
  CHECK(take_text().empty());
}

TEST_CASE("an address never gets the memory of a stanza, nor a stanza that of an address") {
  empty_the_pool();
  give_text(std::string(4000, 'x'));
  auto address = take_short_text("alice@localhost/0123456789abcdef");
  CHECK(address == "alice@localhost/0123456789abcdef");
  CHECK(address.capacity() >= 128);
  CHECK(address.capacity() < 256);
  CHECK(pooled_texts() == 1);
  const auto* const memory = address.data();
  give_text(std::move(address));
  CHECK(take_text().capacity() >= 4000);
  CHECK(take_text().capacity() >= 256);
  CHECK(pooled_texts() == 1);
  auto again = take_short_text();
  CHECK(again.data() == memory);
  CHECK(again.empty());
  CHECK(pooled_texts() == 0);
  // What a string holds in itself is no case for a pool.
  give_text(std::move(again));
  CHECK(take_short_text("localhost").capacity() == std::string().capacity());
  CHECK(pooled_texts() == 1);
}

TEST_CASE("a short text that has grown belongs to the long ones") {
  empty_the_pool();
  auto text = take_short_text();
  text.append(200, 'x');
  give_text(std::move(text));
  CHECK(take_short_text().capacity() < 256);
  CHECK(pooled_texts() == 1);
  CHECK(take_text().capacity() >= 256);
  CHECK(pooled_texts() == 0);
}

TEST_CASE("the pool is bounded in number and in size, and each thread has its own") {
  empty_the_pool();
  give_text(std::string(9000, 'x'));
  give_text("short");
  give_text(std::string(100, 'x'));
  CHECK(pooled_texts() == 0);
  for (int i = 0; i < 300; ++i) give_text(std::string(200, 'x'));
  CHECK(pooled_texts() == 256);
  for (int i = 0; i < 300; ++i) static_cast<void>(take_short_text());
  for (int i = 0; i < 300; ++i) give_text(std::string(1000, 'x'));
  CHECK(pooled_texts() == 256);
  std::size_t elsewhere = 1;
  std::string carried = take_text();
  carried.assign(300, 'y');
  std::thread([&] {
    elsewhere = pooled_texts();
    give_text(std::move(carried));
    elsewhere += 10 * pooled_texts();
  }).join();
  CHECK(elsewhere == 10);
  CHECK(pooled_texts() == 255);
}

#include "base/digest.hpp"

#include <string.h>

// The options come first: they decide the layout of everything that follows.
#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/hash.h>
#include <wolfssl/wolfcrypt/hmac.h>
#include <wolfssl/wolfcrypt/pwdbased.h>

#include <cstddef>
#include <limits>
#include <stdexcept>

namespace couplet::base {

namespace {

void check(int code) {
  if (code != 0) throw std::runtime_error("hashing failed in wolfCrypt, code " + std::to_string(code));
}

const byte* bytes_of(std::string_view text) noexcept {
  // wolfCrypt takes no null pointer, not even for nothing.
  return reinterpret_cast<const byte*>(text.empty() ? "" : text.data());
}

word32 length_of(std::string_view text) {
  if (text.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) throw std::length_error("too long to hash");
  return static_cast<word32>(text.size());
}

wc_HashType type_of(hash_function f) noexcept {
  switch (f) {
    case hash_function::sha1: return WC_HASH_TYPE_SHA;
    case hash_function::sha256: return WC_HASH_TYPE_SHA256;
    case hash_function::sha512: return WC_HASH_TYPE_SHA512;
  }
  return WC_HASH_TYPE_NONE;
}

/// wolfCrypt's state of an HMAC, which holds the key.
struct hmac_state {
  hmac_state() { check(wc_HmacInit(&state, nullptr, INVALID_DEVID)); }
  ~hmac_state() {
    wc_HmacFree(&state);
    explicit_bzero(&state, sizeof state);
  }
  hmac_state(const hmac_state&) = delete;
  hmac_state& operator=(const hmac_state&) = delete;
  Hmac state;
};

}  // namespace

std::size_t hash_bytes(hash_function f) noexcept {
  switch (f) {
    case hash_function::sha1: return 20;
    case hash_function::sha256: return 32;
    case hash_function::sha512: return 64;
  }
  return 0;
}

std::string digest_of(hash_function f, std::string_view text) {
  std::string digest(hash_bytes(f), '\0');
  check(wc_Hash(type_of(f), bytes_of(text), length_of(text), reinterpret_cast<byte*>(digest.data()),
                static_cast<word32>(digest.size())));
  return digest;
}

std::string hmac(hash_function f, std::string_view key, std::string_view text) {
  std::string digest(hash_bytes(f), '\0');
  hmac_state h;
  check(wc_HmacSetKey(&h.state, type_of(f), bytes_of(key), length_of(key)));
  check(wc_HmacUpdate(&h.state, bytes_of(text), length_of(text)));
  check(wc_HmacFinal(&h.state, reinterpret_cast<byte*>(digest.data())));
  return digest;
}

std::string pbkdf2(hash_function f, std::string_view password, std::string_view salt, std::uint32_t iterations) {
  if (iterations == 0 || iterations > static_cast<std::uint32_t>(std::numeric_limits<int>::max())) {
    throw std::invalid_argument("iteration count out of range");
  }
  std::string key(hash_bytes(f), '\0');
  check(wc_PBKDF2(reinterpret_cast<byte*>(key.data()), bytes_of(password), static_cast<int>(length_of(password)), bytes_of(salt),
                  static_cast<int>(length_of(salt)), static_cast<int>(iterations), static_cast<int>(key.size()), type_of(f)));
  return key;
}

std::string sha1_hex(std::string_view first, std::string_view second) {
  std::string text(first);
  text += second;
  const auto digest = digest_of(hash_function::sha1, text);
  explicit_bzero(text.data(), text.size());
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * digest.size());
  for (const char c : digest) {
    const auto b = static_cast<unsigned char>(c);
    hex += digits[b >> 4U];
    hex += digits[b & 15U];
  }
  return hex;
}

bool equal_in_constant_time(std::string_view given, std::string_view expected) noexcept {
  constexpr std::string_view nothing("\0", 1);
  // The same bytes are read whatever the lengths; a difference in length is one more bit that differs.
  const std::string_view other = expected.empty() ? nothing : expected;
  volatile std::size_t difference = given.size() ^ expected.size();
  for (std::size_t i = 0; i < given.size(); ++i) {
    const std::size_t j = i < other.size() ? i : 0;
    difference =
        difference | static_cast<std::size_t>(static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(other[j]));
  }
  return difference == 0;
}

}  // namespace couplet::base

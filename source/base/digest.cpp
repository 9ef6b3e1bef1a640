#include "base/digest.hpp"

// The options come first: they decide the layout of everything that follows.
#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/sha.h>

#include <array>
#include <cstddef>
#include <stdexcept>

namespace couplet::base {

namespace {

void check(int code) {
  if (code != 0) throw std::runtime_error("SHA-1 failed in wolfCrypt, code " + std::to_string(code));
}

void update(wc_Sha& state, std::string_view bytes) {
  if (bytes.empty()) return;
  check(wc_ShaUpdate(&state, reinterpret_cast<const byte*>(bytes.data()), static_cast<word32>(bytes.size())));
}

}  // namespace

std::string sha1_hex(std::string_view first, std::string_view second) {
  wc_Sha state;
  check(wc_InitSha(&state));
  std::array<byte, WC_SHA_DIGEST_SIZE> digest{};
  try {
    update(state, first);
    update(state, second);
    check(wc_ShaFinal(&state, digest.data()));
  } catch (...) {
    wc_ShaFree(&state);
    throw;
  }
  wc_ShaFree(&state);
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * digest.size());
  for (const byte b : digest) {
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

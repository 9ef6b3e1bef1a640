#include "base/sip_hash.hpp"

#include <bit>
#include <cstring>

namespace couplet::base {

namespace {

constexpr int rounds_per_word = 1;
constexpr int rounds_at_end = 3;

/// The names are those of the paper.
struct sip_state {
  explicit sip_state(const sip_key& key) noexcept
      : v0(key.first ^ 0x736f6d6570736575U),
        v1(key.second ^ 0x646f72616e646f6dU),
        v2(key.first ^ 0x6c7967656e657261U),
        v3(key.second ^ 0x7465646279746573U) {}

  void round() noexcept {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
  void absorb(std::uint64_t word) noexcept {
    v3 ^= word;
    for (int i = 0; i < rounds_per_word; ++i) round();
    v0 ^= word;
  }
  std::uint64_t finish() noexcept {
    v2 ^= 0xFFU;
    for (int i = 0; i < rounds_at_end; ++i) round();
    return v0 ^ v1 ^ v2 ^ v3;
  }

  std::uint64_t v0, v1, v2, v3;
};

/// Eight bytes, the first one lowest. Compilers know how to load them at once.
std::uint64_t word_at(const char* bytes) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}

}  // namespace

std::uint64_t sip_hash(const sip_key& key, std::string_view text) noexcept {
  sip_state state(key);
  const auto length_byte = static_cast<std::uint64_t>(text.size()) << 56U;
  while (text.size() >= sizeof(std::uint64_t)) {
    state.absorb(word_at(text.data()));
    text.remove_prefix(sizeof(std::uint64_t));
  }
  char last[sizeof(std::uint64_t)] = {};
  if (!text.empty()) std::memcpy(last, text.data(), text.size());
  state.absorb(word_at(last) | length_byte);
  return state.finish();
}

}  // namespace couplet::base

#include "base/sip_hash.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <string_view>

using namespace couplet::base;

// What CPython 3.11, which hashes bytes with SipHash-1-3, makes of them: hash(text) with PYTHONHASHSEED=0 (the key is zero) and with
// PYTHONHASHSEED=12345.
TEST_CASE("SipHash-1-3: the values of another implementation") {
  constexpr sip_key zero{};
  constexpr sip_key drawn{0x25556dc46dc3dca0U, 0xfc3ee4dbd06f6c90U};
  std::string counting;
  for (char c = 0; c < 64; ++c) counting += c;
  struct row {
    std::string text;
    std::uint64_t with_zero, with_drawn;
  };
  const row rows[] = {
      {"a", 0x407448d2b89b1813U, 0x83a33d688c5cf68fU},
      {std::string(1, '\0'), 0x68a914128e01e473U, 0xddb5fc492fbdf63aU},
      {"1234567", 0xa33d651594fdae81U, 0xfda467e8153083e1U},
      {"12345678", 0x3489982430560a87U, 0x158d1acebf100fd3U},
      {"123456789", 0x0fbc0f0007965fcfU, 0xc66f6c71376b2cc7U},
      {"alice@localhost", 0xd1c24c14284ca89cU, 0xcc0349e062a2c40aU},
      {std::string(16, '\xff'), 0x35029a3b6274a39bU, 0xa9ae4e09b7046ae9U},
      {counting, 0x75e05fd5bbc870c6U, 0x02bf7cdeb211db1cU},
  };
  for (const auto& r : rows) {
    CAPTURE(r.text);
    CHECK(sip_hash(zero, r.text) == r.with_zero);
    CHECK(sip_hash(drawn, r.text) == r.with_drawn);
  }
}

TEST_CASE("SipHash: each length and each half of the key counts, where the text lies does not") {
  std::set<std::uint64_t> seen;
  std::string zeros;
  for (int length = 0; length < 100; ++length, zeros += '\0') seen.insert(sip_hash({1, 2}, zeros));
  seen.insert(sip_hash({1, 3}, {}));
  seen.insert(sip_hash({2, 2}, {}));
  CHECK(seen.size() == 102);
  const std::string padded = "xx0123456789abcdefxx";
  for (std::size_t at = 0; at < 9; ++at) {
    const auto text = std::string_view(padded).substr(at, 11);
    CHECK(sip_hash({1, 2}, text) == sip_hash({1, 2}, std::string(text)));
  }
}

#pragma once

#include <cstdint>
#include <string_view>

namespace couplet::base {

/// 128 bits that nobody outside of this process knows. Drawn with base::random_u64, or derived from something that was.
struct sip_key {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
};

/// SipHash-1-3 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012): whoever chooses the texts but doesn't know the key
/// can't choose texts that collide. For tables; it is no signature. The same on every machine. Any thread may call.
std::uint64_t sip_hash(const sip_key& key, std::string_view text) noexcept;

}  // namespace couplet::base

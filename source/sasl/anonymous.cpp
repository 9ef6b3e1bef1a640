#include "sasl/anonymous.hpp"

#include <cstddef>

#include "base/random.hpp"
#include "base/utf8.hpp"

namespace couplet::sasl {

namespace {

constexpr std::size_t max_trace_characters = 255;

}  // namespace

verdict check_trace(std::string_view trace) noexcept {
  if (trace.size() > 4 * max_trace_characters) return verdict::too_long;
  if (!base::is_utf8(trace)) return verdict::malformed;
  std::size_t characters = 0;
  for (const char c : trace) {
    const auto b = static_cast<unsigned char>(c);
    if (b < 0x20 || b == 0x7f) return verdict::malformed;
    if ((b & 0xc0U) != 0x80U) ++characters;  // all but the bytes that continue one
  }
  return characters > max_trace_characters ? verdict::too_long : verdict::ok;
}

std::string anonymous_node() {
  auto uuid = base::random_hex(16);
  uuid[12] = '4';                              // the version
  uuid[16] = "89ab"[base::random_u64() & 3U];  // the variant, and two random bits
  for (const std::size_t at : {8U, 13U, 18U, 23U}) uuid.insert(at, 1, '-');
  return uuid;
}

}  // namespace couplet::sasl

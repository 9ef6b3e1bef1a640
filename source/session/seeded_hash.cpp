#include "seeded_hash.hpp"

#include "base/random.hpp"
#include "base/sip_hash.hpp"

namespace couplet::session {

std::uint64_t seeded_hash(std::string_view text) noexcept {
  static const base::sip_key key{base::random_u64(), base::random_u64()};
  return base::sip_hash(key, text);
}

}  // namespace couplet::session

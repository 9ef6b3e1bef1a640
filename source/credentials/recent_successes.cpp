#include "credentials/recent_successes.hpp"

#include <algorithm>

#include "base/digest.hpp"
#include "base/random.hpp"
#include "base/secret.hpp"

namespace couplet::credentials {

namespace {
constexpr std::size_t key_bytes = 32;
constexpr std::array<char, 16> nobody{};
}  // namespace

recent_successes::recent_successes(std::size_t places)
    : places_(std::max<std::size_t>(places, 1)),
      place_key_{base::random_u64(), base::random_u64()},
      key_(base::random_bytes(key_bytes)) {}

recent_successes::~recent_successes() {
  base::wipe(key_);
}

recent_successes::mark recent_successes::mark_of(std::string_view bare_jid, std::string_view stored_key,
                                                 std::string_view password) const {
  // Lengths in front: no two of them run together into the same text.
  std::string text = std::to_string(bare_jid.size()) + ":" + std::to_string(stored_key.size()) + ":";
  text.reserve(text.size() + bare_jid.size() + stored_key.size() + password.size());
  text.append(bare_jid).append(stored_key).append(password);
  const auto whole = base::hmac(base::hash_function::sha256, key_, text);
  base::wipe(text);
  mark m{};
  std::copy_n(whole.begin(), m.size(), m.begin());
  return m;
}

std::size_t recent_successes::place_of(std::string_view bare_jid) const noexcept {
  return base::sip_hash(place_key_, bare_jid) % places_;
}

bool recent_successes::has(std::string_view bare_jid, std::string_view stored_key, std::string_view password) const {
  const auto wanted = mark_of(bare_jid, stored_key, password);
  const std::lock_guard lock(mutex_);
  if (marks_.empty()) return false;
  const auto& kept = marks_[place_of(bare_jid)];
  return base::equal_in_constant_time({wanted.data(), wanted.size()}, {kept.data(), kept.size()}) && kept != nobody;
}

void recent_successes::remember(std::string_view bare_jid, std::string_view stored_key, std::string_view password) {
  const auto m = mark_of(bare_jid, stored_key, password);
  const std::lock_guard lock(mutex_);
  if (marks_.empty()) marks_.assign(places_, nobody);
  marks_[place_of(bare_jid)] = m;
}

}  // namespace couplet::credentials

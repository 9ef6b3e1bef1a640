#pragma once

#include <array>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/sip_hash.hpp"

namespace couplet::credentials {

/// Remembers which passwords have just been found right, so that thousands of clients that come back at once are not thousands of derivations
/// of milliseconds each. Of each it keeps 16 bytes of a keyed hash over account, stored key and password; the key is drawn at the
/// start and dies with the process. So a changed password is not remembered, and what is kept tells nothing without the process. Only
/// what is right is remembered: guesses cost what they cost.
///
/// Bounded: a place for each of `places` names, by a keyed hash; who comes later takes the place. From any thread.
class recent_successes {
 public:
  explicit recent_successes(std::size_t places = 65'536);
  ~recent_successes();
  recent_successes(const recent_successes&) = delete;
  recent_successes& operator=(const recent_successes&) = delete;

  bool has(std::string_view bare_jid, std::string_view stored_key, std::string_view password) const;
  void remember(std::string_view bare_jid, std::string_view stored_key, std::string_view password);

 private:
  using mark = std::array<char, 16>;
  mark mark_of(std::string_view bare_jid, std::string_view stored_key, std::string_view password) const;
  std::size_t place_of(std::string_view bare_jid) const noexcept;

  const std::size_t places_;
  const base::sip_key place_key_;
  std::string key_;
  mutable std::mutex mutex_;
  std::vector<mark> marks_;  ///< under the mutex; empty until there is one
};

}  // namespace couplet::credentials

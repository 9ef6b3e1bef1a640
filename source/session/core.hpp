#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "accounts.hpp"
#include "base/text_pool.hpp"
#include "pending.hpp"
#include "session/manager.hpp"
#include "sessions.hpp"
#include "xml/element.hpp"

namespace couplet::session {

/// What the duties of one partition work on together: login, registration, lives of sessions, delivery, presence, services.
struct core {
  core(const settings& s, std::uint32_t partition_, std::uint32_t partitions_)
      : options(s), partition(partition_), partitions(partitions_), sessions(partition_) {}

  bool serves(std::string_view domain) const noexcept {
    return std::find(options.domains.begin(), options.domains.end(), domain) != options.domains.end();
  }
  /// Whether the account, if there is one, lives in this partition.
  bool owns(std::string_view bare_jid) const noexcept {
    return partitions <= 1 || partition_of(bare_jid, partitions) == partition;
  }

  const settings options;
  const std::uint32_t partition;
  const std::uint32_t partitions;
  account_table accounts;
  session_table sessions;
  pending_table pending;
  xml::fragment document;
  std::uint64_t returned_notices = 0;  ///< that nobody took
};

/// For one more recipient, in memory that is used again.
inline std::string copy_of(std::string_view xml) {
  auto copy = base::take_text();
  copy += xml;
  return copy;
}

/// A stanza that nobody is given: its memory is used again.
inline void ignore(std::string&& xml) noexcept {
  base::give_text(std::move(xml));
}

}  // namespace couplet::session

#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "accounts.hpp"
#include "administration.hpp"
#include "archive.hpp"
#include "base/text_pool.hpp"
#include "block_table.hpp"
#include "caps_table.hpp"
#include "pending.hpp"
#include "pep_nodes.hpp"
#include "session/manager.hpp"
#include "sessions.hpp"
#include "storage_questions.hpp"
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

  /// Milliseconds since 1970.
  std::int64_t now() const { return options.now ? options.now() : 0; }

  const settings options;
  const std::uint32_t partition;
  const std::uint32_t partitions;
  account_table accounts;
  session_table sessions;
  pending_table pending;
  storage_questions questions;
  archive_ids ids;
  archive_preference_table archive_preferences;  ///< of those who want something else than everybody
  bool archive_works = true;                     ///< as far as is known
  block_table blocks;
  caps_table caps;
  pep_table pep;
  xml::fragment document;
  std::size_t waiting_for_contacts = 0;  ///< bytes of stanzas
  std::uint64_t roster_pushes = 0;
  std::uint64_t block_pushes = 0;
  administration admin;
  const std::int64_t started = now();
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

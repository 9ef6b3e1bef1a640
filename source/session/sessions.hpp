#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "accounts.hpp"
#include "caps_table.hpp"
#include "route/message.hpp"

namespace couplet::session {

/// What the c2s of a session that began by session control wrote.
struct session_names {
  session_names(std::string c2s_, std::string from_) : c2s(std::move(c2s_)), from(std::move(from_)) {}
  std::string c2s;   ///< sc:c2s: its name for the connection
  std::string from;  ///< where the start went: all that comes from the session comes from there
};

/// What a session is given of the messages that waited for its account: a page at a time, by one session at a time.
struct offline_turn {
  enum class state : std::uint8_t { idle, reading, given };
  std::int64_t up_to = 0;  ///< the number of the page's last message
  std::uint32_t page = 0;
  state now = state::idle;
};

/// One bound resource. The bare JID is stored once, with the account.
struct session {
  account_table::entry* owner = nullptr;  ///< null: the slot is free
  std::uint32_t generation = 0;
  std::uint32_t slot = 0;
  std::uint32_t next = no_slot;  ///< of the same account, or the next free slot
  route::address c2s;            ///< where its stanzas go
  std::string resource;
  std::string presence;               ///< the last available presence as bytes; empty: not available
  std::uint32_t available_since = 0;  ///< the table's sequence when it became available
  std::int8_t priority = 0;
  bool wants_blocks = false;         ///< it has asked whom the account blocks, and is told of changes (XEP-0191)
  bool wants_roster = false;         ///< it has asked for its roster, and is told of changes (RFC 6121 section 2.1.6)
  std::uint8_t archive_queries = 0;  ///< under way
  offline_turn offline;
  bool carbons = false;                                ///< it wants copies of what the others say and hear (XEP-0280)
  std::shared_ptr<capabilities> client;                ///< what it can do (XEP-0115); null: it has not said
  std::unique_ptr<std::vector<std::string>> directed;  ///< who else was told that it is available (RFC 6121 section 4.6)
  std::unique_ptr<session_names> control;  ///< set: it began by session control, and what it is sent carries its names

  bool available() const noexcept { return !presence.empty(); }
  bool takes_messages_to_bare() const noexcept { return available() && priority >= 0; }
  std::string_view bare() const noexcept { return owner->first; }
};

/// The sessions of one partition, found by handle. A slot is used again under another generation; references stay good while a
/// session lives.
class session_table {
 public:
  explicit session_table(std::uint32_t partition);

  /// Whether there is no slot for one more.
  bool full() const noexcept { return live_ >= max_slots; }
  /// Precondition: !full().
  session& open(account_table::entry& owner, std::string_view resource, route::address c2s);
  /// Takes the session off its account and frees the slot; gives back what was in it.
  session close(session& s);

  /// Null where the handle is not of a session that lives now.
  session* find(std::uint64_t handle) noexcept;
  session* find(const account_table::entry& owner, std::string_view resource) noexcept;
  /// The account must have one.
  session& first_of(const account_table::entry& owner) { return slots_[owner.second.first_session]; }
  std::uint64_t handle_of(const session& s) const noexcept;
  /// Where routes of this session come from: with a text only if its c2s is known by a text.
  route::address address_of(const session& s) const;

  std::size_t size() const noexcept { return live_; }
  /// Counts starts and arrivals; wraps (compare with `before`), never 0.
  std::uint32_t next_sequence() noexcept;
  static bool before(std::uint32_t a, std::uint32_t b) noexcept { return static_cast<std::int32_t>(a - b) < 0; }

  /// Calls visit(session&) for each session of the account; visit must not end sessions.
  template <class Visit>
  void each_of(const account_table::entry& owner, Visit&& visit) {
    for (auto slot = owner.second.first_session; slot != no_slot; slot = slots_[slot].next) visit(slots_[slot]);
  }
  /// Calls visit(session&) for each session; visit may close the one it is given.
  template <class Visit>
  void each(Visit&& visit) {
    for (auto& s : slots_) {
      if (s.owner != nullptr) visit(s);
    }
  }

 private:
  static constexpr std::size_t max_slots = 1U << 24U;  // what a handle has bits for

  std::deque<session> slots_;  // does not move what is in it
  std::uint32_t first_free_ = no_slot;
  std::uint32_t partition_;
  std::uint32_t sequence_;
  std::size_t live_ = 0;
};

}  // namespace couplet::session

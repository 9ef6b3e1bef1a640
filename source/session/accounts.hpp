#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/jid.hpp"
#include "contacts.hpp"
#include "sasl/scram.hpp"
#include "seeded_hash.hpp"

namespace couplet::session {

inline constexpr std::uint32_t no_slot = 0xFFFFFFFFU;
/// As long as the parts of a JID may be (RFC 6122 section 2).
inline constexpr std::size_t max_password_bytes = 1'023;

inline bool is_password(std::string_view text) noexcept {
  return !text.empty() && text.size() <= max_password_bytes;
}

/// The keys of one account, by hash (SHA-1, -256, -512): each is derived from the password when it is first needed.
using derived_keys = std::array<std::optional<sasl::scram_keys>, 3>;

/// Whether messages wait for an account, as far as is known.
enum class waiting_mail : std::uint8_t { unknown, none, some };

/// What is kept of an account; its name is the key it stands under.
struct account {
  std::string password;  ///< empty: it has none here, but is stored, or a guest's
  std::unique_ptr<derived_keys> keys;
  bool guest = false;   ///< made for a session, and gone with its last one
  bool stored = false;  ///< what its logins are checked against is in the storage, unless there is a password
  waiting_mail mail = waiting_mail::unknown;
  std::uint32_t first_session = no_slot;  ///< head of the list that goes through session::next
  std::uint32_t session_count = 0;
  std::unique_ptr<contacts> known;  ///< null: not in memory
};

/// The accounts of one partition by bare JID. Entries stay where they are until they are erased.
class account_table {
 public:
  using map = std::unordered_map<std::string, account, seeded_hasher, std::equal_to<>>;
  using entry = map::value_type;

  entry* find(std::string_view bare_jid) noexcept;
  /// True: made, false: it existed and has a new password now.
  bool put(std::string_view bare_jid, std::string password);
  /// An account that is stored.
  void put_stored(std::string_view bare_jid);
  /// An account that nobody can log in to by a password of here. There must be none of that name.
  entry& put_without_password(std::string_view bare_jid) { return *accounts_.try_emplace(std::string(bare_jid)).first; }
  /// An account without a password, for as long as it has sessions. There must be none of that name.
  entry& put_guest(std::string_view bare_jid);
  /// Its sessions must have ended.
  void erase(std::string_view bare_jid);
  std::size_t size() const noexcept { return accounts_.size(); }
  /// Calls visit(const entry&) for each; visit must not make or erase any.
  template <class Visit>
  void each(Visit&& visit) const {
    for (const auto& e : accounts_) visit(e);
  }

  /// Whether the secret is the account's (`who` null: it never is), in a time that does not tell whether there is such an
  /// account.
  static bool password_is(const entry* who, std::string_view password);
  /// The same for the digest of XEP-0078: SHA-1 over stream id and password, hexadecimal in either case.
  static bool digest_is(const entry* who, std::string_view stream_id, std::string digest);

 private:
  map accounts_;
};

}  // namespace couplet::session

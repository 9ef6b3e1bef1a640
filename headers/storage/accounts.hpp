#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "sasl/scram_keys.hpp"
#include "storage/store.hpp"

/// What is stored of accounts, for jobs of a store. Names are bare JIDs, prepared. All throw failure.
namespace couplet::storage {

/// What an account's logins are checked against. Secrets: wiped at the end.
struct credentials {
  credentials() = default;
  credentials(const credentials&) = default;
  credentials(credentials&&) noexcept = default;
  credentials& operator=(const credentials&) = default;
  credentials& operator=(credentials&&) noexcept = default;
  ~credentials();

  std::array<std::optional<sasl::scram_keys>, 3> keys;  ///< by sasl::scram_hash; imported accounts may have fewer
  std::optional<std::string> password;                  ///< as it was given; only with --store-passwords
};

/// Calls `visit` with each account's name.
void each_account(database& db, const std::function<void(std::string_view jid)>& visit);

/// `exists` where there is one.
outcome make_account(database& db, std::string_view jid, const credentials& c);
/// In place of those of before, all of them. `missing` where there is no such account.
outcome set_credentials(database& db, std::string_view jid, const credentials& c);
/// With all that is stored under the name. `missing` where there is no such account.
outcome remove_account(database& db, std::string_view jid);

/// All accounts, all that is stored under any name, and all rooms. What salts come from stays.
void remove_all(database& db);

/// Nothing where there is no such account, or none with keys of that hash.
std::optional<sasl::scram_keys> keys_of(database& db, std::string_view jid, sasl::scram_hash hash);
/// Nothing where there is no such account.
std::optional<credentials> credentials_of(database& db, std::string_view jid);

/// What the salts of names are derived from (sasl::salt_for), 32 random bytes that stay the same as long as the database does: made at the first
/// call, so a change.
std::string salt_secret(database& db);

}  // namespace couplet::storage

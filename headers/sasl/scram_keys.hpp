#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/digest.hpp"

namespace couplet::sasl {

/// The hash function of a SCRAM mechanism.
using scram_hash = base::hash_function;

/// How often PBKDF2 goes round for keys that we make (milliseconds of one core). RFC 5802 and RFC 7677 want at least 4,096.
inline constexpr std::uint32_t default_iterations = 10'000;
inline constexpr std::size_t salt_bytes = 16;

/// What is kept of a password (RFC 5802 section 3), raw bytes. As good as a secret: who has it can guess passwords and pretend to be this
/// server. Wiped when it goes.
struct scram_keys {
  scram_keys() = default;
  scram_keys(std::string salt_, std::uint32_t iterations_, std::string stored_key_, std::string server_key_);
  scram_keys(const scram_keys&) = default;
  scram_keys(scram_keys&&) noexcept = default;
  scram_keys& operator=(const scram_keys&) = default;
  scram_keys& operator=(scram_keys&&) noexcept = default;
  ~scram_keys();

  std::string salt;
  std::uint32_t iterations = 0;
  std::string stored_key;
  std::string server_key;
};

/// Keys of a password, see prepare_password(). Slow: never on a shard's thread. Throws std::invalid_argument where `iterations` is 0 or
/// above 2^31 - 1.
scram_keys derive_keys(scram_hash hash, std::string_view prepared_password, std::string_view salt, std::uint32_t iterations);

/// The same with a new random salt: for a password that is set.
scram_keys new_keys(scram_hash hash, std::string_view prepared_password, std::uint32_t iterations = default_iterations);

/// Whether the keys are those of this password: for PLAIN, where keys are what is kept. Slow: never on a shard's thread. It takes the same
/// time with decoys.
bool password_fits(scram_hash hash, const scram_keys& keys, std::string_view prepared_password);

/// The salt that belongs to a name as long as the secret stays the same (32 random bytes): different for each hash and name, and nobody
/// can tell it from a random one. For decoys; and for accounts whose keys are made from a password when they are asked for, so that they
/// look like decoys and decoys like them.
std::string salt_for(std::string_view process_secret, scram_hash hash, std::string_view bare_jid);

/// Keys for a name without account (SECURITY 12): the same salt each time, the same iteration count as everybody's, and keys that no
/// password fits. Fast, and a shard may do it for every name before it is known whether there is an account: then both take the same time.
/// Where accounts keep their salts over a restart, the secret must be kept with them, or a changed salt tells.
scram_keys decoy_keys(std::string_view process_secret, scram_hash hash, std::string_view bare_jid, std::uint32_t iterations);

}  // namespace couplet::sasl

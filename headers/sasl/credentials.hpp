#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "base/jid.hpp"
#include "sasl/scram_keys.hpp"

namespace couplet::sasl {

/// What a login wants to know from whatever keeps the accounts. Can be moved, not copied: a password is wiped with the last owner.
struct question {
  enum class kind : std::uint8_t {
    password,   ///< does it fit? For PLAIN
    challenge,  ///< which salt and how many iterations? For the first half of SCRAM; the same for every name, known or not
    keys,       ///< which keys does the account have? For the second half
    account,    ///< is there one? For EXTERNAL
    pause,  ///< nothing: the answer only comes as late, counted from `asked_at`, and as hard as that to anybody else's wrong proof
  };

  /// `password` as the client sent it, see prepare_password(). `client_address`: for who keeps accounts by address; no port.
  question(base::jid who_, std::string password_, std::string client_address_)
      : what(kind::password), who(std::move(who_)), password(std::move(password_)), client_address(std::move(client_address_)) {}
  question(kind what_, base::jid who_, scram_hash hash_ = scram_hash::sha1) : what(what_), hash(hash_), who(std::move(who_)) {}
  /// A pause. `derived_`: as it was with the keys.
  question(base::jid who_, scram_hash hash_, base::time_point asked_at_, bool derived_)
      : what(kind::pause), hash(hash_), derived(derived_), who(std::move(who_)), asked_at(asked_at_) {}
  question(question&&) noexcept = default;
  question& operator=(question&&) noexcept = default;
  question(const question&) = delete;
  question& operator=(const question&) = delete;
  ~question();

  kind what;
  scram_hash hash = scram_hash::sha1;  ///< of the keys that are asked for
  bool derived = false;                ///< of a pause: what it has to take has been taken already
  base::jid who;                       ///< bare
  std::string password;
  std::string client_address;  ///< where known; the connection fills it in
  base::time_point asked_at{};
};

/// What came of it. `wrong` and decoy keys are what somebody without account gets: who asks must not learn the difference (SECURITY 12).
struct answer {
  enum class verdict : std::uint8_t {
    right,        ///< the password fits
    wrong,        ///< it does not, or there is no such account
    unavailable,  ///< cannot be known now: temporary-auth-failure, and no penalty (SECURITY 14); but a proof was an attempt
    keys,         ///< here they are
  };

  /// Precondition: not `keys`.
  explicit answer(verdict v) : outcome(v) {}
  explicit answer(scram_keys found) : outcome(verdict::keys), keys(std::move(found)) {}

  verdict outcome;
  std::optional<scram_keys> keys;  ///< set exactly with verdict::keys
  base::time_point asked_at{};     ///< with keys: when they were asked for, for a pause
  bool derived = false;            ///< with keys: they were made of a password for this question, so it may have waited for that
};

}  // namespace couplet::sasl

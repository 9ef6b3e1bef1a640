#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/jid.hpp"
#include "sasl/mechanisms.hpp"
#include "sasl/scram_keys.hpp"
#include "sasl/verdict.hpp"

namespace couplet::sasl {

/// The longest message of a client that is looked into.
inline constexpr std::size_t max_scram_bytes = 8'192;

/// What a client was told before it chose its mechanism. Views: only looked into while a scram_server is made.
struct scram_offer {
  /// `mechanisms`: all that this stream advertises in the profile that the client uses (RFC 6120 or XEP-0388), in any order.
  /// `binding_types`: those that XEP-0440 advertises here, in any order; empty where it is not advertised.
  /// `protected_`: whether XEP-0474 is used.
  scram_offer(std::span<const mechanism> mechanisms_, std::span<const std::string_view> binding_types_, bool protected_) noexcept
      : mechanisms(mechanisms_), binding_types(binding_types_), downgrade_protection(protected_) {}
  std::span<const mechanism> mechanisms;
  std::span<const std::string_view> binding_types;
  bool downgrade_protection;
};

/// What XEP-0474 section 5.1 hashes, in base64: the attribute h of the first message of the server.
std::string downgrade_hash(scram_hash hash, const scram_offer& offer);

/// The server's half of a nonce: 18 random bytes in base64.
std::string fresh_nonce();

/// The server's side of one SCRAM exchange (RFC 5802, RFC 7677), a machine that sees decoded messages and knows no account:
///
///     on_client_first() → ok → the caller fetches who()'s keys, or makes decoys → server_first(keys)
///     on_client_final() → ok → server_final(), who() has logged in
///
/// A verdict other than ok ends the exchange; every further message is malformed, so a nonce is good for one proof. With keys at
/// hand nothing here is slow (a few HMACs), and nothing depends on whether they are decoys.
class scram_server {
 public:
  /// `chosen` is one of `offer.mechanisms`, and is_scram(chosen). `nonce`: for tests; printable, no comma.
  scram_server(mechanism chosen, const scram_offer& offer, std::string nonce = fresh_nonce());
  ~scram_server();
  scram_server(const scram_server&) = delete;
  scram_server& operator=(const scram_server&) = delete;

  /// The client's first message. `bindings`: of this connection, as of now; what is needed of it is copied. `domain`: the stream's, prepared.
  verdict on_client_first(std::string_view message, const channel_bindings& bindings, std::string_view domain);

  /// Whose password is about to be proven: bare, prepared, by the rules of identify(). After on_client_first() said ok.
  const base::jid& who() const noexcept { return who_; }
  /// Whether the client has said so by an authzid as well.
  bool has_authzid() const noexcept { return has_authzid_; }
  scram_hash hash() const noexcept { return hash_; }
  /// The type of channel binding that the client uses; empty: none.
  std::string_view binding_type() const noexcept { return binding_type_; }

  /// The challenge. Once, after on_client_first() said ok.
  std::string server_first(const scram_keys& keys);

  /// Other keys for the proof than those of the challenge, of which only salt and iterations count then: where they are fetched, or made,
  /// when the proof is there. After server_first().
  void set_keys(const scram_keys& keys);

  /// The client's last message, with the proof, which is compared in constant time (SECURITY 50).
  verdict on_client_final(std::string_view message);

  /// Shows the client that we know its keys: the data of <success/>. Empty before on_client_final() said ok.
  std::string server_final() const;

 private:
  enum class step : std::uint8_t { client_first, keys, client_final, accepted, over };

  verdict read_client_first(std::string_view message, const channel_bindings& bindings, std::string_view domain);
  verdict check_flag(std::string_view flag, const channel_bindings& bindings);
  verdict read_client_final(std::string_view message);
  bool proof_fits(std::string_view proof) const;

  scram_hash hash_;
  step step_ = step::client_first;
  bool plus_;          // the chosen mechanism's
  bool plus_offered_;  // on this stream, with whichever hash
  bool has_authzid_ = false;
  base::jid who_;
  std::string nonce_;         // ours, then the client's and ours
  std::string protection_;    // XEP-0474; empty: not used
  std::string binding_type_;  // empty: none
  std::string binding_;       // what c= must hold: the GS2 header and the data
  std::string auth_message_;  // RFC 5802 section 3, as far as it is known
  std::string stored_key_;
  std::string server_key_;
};

}  // namespace couplet::sasl

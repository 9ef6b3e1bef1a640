#include "sasl/scram_keys.hpp"

#include <utility>

#include "base/random.hpp"
#include "base/secret.hpp"

namespace couplet::sasl {

namespace {

/// 32 bytes that belong to this purpose, hash and name alone.
std::string derived(std::string_view process_secret, std::string_view purpose, scram_hash hash, std::string_view bare_jid) {
  std::string text(purpose);
  text += '\0';
  text += static_cast<char>(hash);
  text += bare_jid;
  return base::hmac(base::hash_function::sha256, process_secret, text);
}

}  // namespace

scram_keys::scram_keys(std::string salt_, std::uint32_t iterations_, std::string stored_key_, std::string server_key_)
    : salt(std::move(salt_)), iterations(iterations_), stored_key(std::move(stored_key_)), server_key(std::move(server_key_)) {}

scram_keys::~scram_keys() {
  base::wipe(stored_key);
  base::wipe(server_key);
}

scram_keys derive_keys(scram_hash hash, std::string_view prepared_password, std::string_view salt, std::uint32_t iterations) {
  // RFC 5802 section 3.
  auto salted = base::pbkdf2(hash, prepared_password, salt, iterations);
  auto client_key = base::hmac(hash, salted, "Client Key");
  scram_keys keys(std::string(salt), iterations, base::digest_of(hash, client_key), base::hmac(hash, salted, "Server Key"));
  base::wipe(salted);
  base::wipe(client_key);
  return keys;
}

scram_keys new_keys(scram_hash hash, std::string_view prepared_password, std::uint32_t iterations) {
  return derive_keys(hash, prepared_password, base::random_bytes(salt_bytes), iterations);
}

bool password_fits(scram_hash hash, const scram_keys& keys, std::string_view prepared_password) {
  const auto given = derive_keys(hash, prepared_password, keys.salt, keys.iterations);
  return base::equal_in_constant_time(given.stored_key, keys.stored_key);
}

std::string salt_for(std::string_view process_secret, scram_hash hash, std::string_view bare_jid) {
  return derived(process_secret, "salt", hash, bare_jid).substr(0, salt_bytes);
}

scram_keys decoy_keys(std::string_view process_secret, scram_hash hash, std::string_view bare_jid, std::uint32_t iterations) {
  const auto key = [&](std::string_view purpose, std::string_view rest) {
    auto bytes = derived(process_secret, purpose, hash, bare_jid);
    if (bytes.size() < base::hash_bytes(hash)) bytes += derived(process_secret, rest, hash, bare_jid);
    bytes.resize(base::hash_bytes(hash));
    return bytes;
  };
  return scram_keys(salt_for(process_secret, hash, bare_jid), iterations, key("stored key", "stored key, rest"),
                    key("server key", "server key, rest"));
}

}  // namespace couplet::sasl

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/base64.hpp"
#include "base/digest.hpp"
#include "sasl/scram.hpp"

// The client's side of SCRAM as far as tests need it, and a server's machine with everything around it.

namespace couplet::sasl::test {

inline constexpr std::string_view domain = "example.net";
inline constexpr std::string_view password = "pencil";

/// Few rounds: the tests are about messages.
inline const scram_keys& keys_of(scram_hash hash) {
  static const scram_keys one = derive_keys(scram_hash::sha1, password, "0123456789abcdef", 2);
  static const scram_keys two = derive_keys(scram_hash::sha256, password, "0123456789abcdef", 2);
  static const scram_keys three = derive_keys(scram_hash::sha512, password, "0123456789abcdef", 2);
  switch (hash) {
    case scram_hash::sha1: return one;
    case scram_hash::sha256: return two;
    case scram_hash::sha512: break;
  }
  return three;
}

inline channel_bindings all_bindings() {
  return {std::string(32, 'e'), std::string(12, 'u'), std::string(32, '\xff')};
}

/// ClientProof XOR'ed together as RFC 5802 section 3 says.
inline std::string proof_of(scram_hash hash, std::string_view password_, const scram_keys& keys, std::string_view auth_message) {
  const auto salted = base::pbkdf2(hash, password_, keys.salt, keys.iterations);
  auto proof = base::hmac(hash, salted, "Client Key");
  const auto signature = base::hmac(hash, base::digest_of(hash, proof), auth_message);
  for (std::size_t i = 0; i < proof.size(); ++i) proof[i] = static_cast<char>(proof[i] ^ signature[i]);
  return base::base64_encode(proof);
}

/// One login: which mechanism, what was offered, what the connection has.
class login {
 public:
  explicit login(mechanism chosen, std::vector<mechanism> offered = {all_mechanisms().begin(), all_mechanisms().end()},
                 channel_bindings bindings = all_bindings())
      : chosen_(chosen),
        offered_(std::move(offered)),
        bindings_(std::move(bindings)),
        server(chosen, scram_offer(offered_, {}, false), "SERVER") {}

  verdict first(std::string_view message) {
    client_first_ = message;
    return server.on_client_first(message, bindings_, domain);
  }
  std::string challenge() { return challenge(keys_of(hash_of(chosen_))); }
  std::string challenge(const scram_keys& keys) {
    keys_ = keys;
    return challenge_ = server.server_first(keys);
  }
  /// "c=…,r=…", rightly.
  std::string right_final_without_proof() const {
    const auto gs2_end = client_first_.find(',', client_first_.find(',') + 1) + 1;
    auto binding = client_first_.substr(0, gs2_end);
    if (binding.starts_with("p=")) binding += bindings_.find(binding.substr(2, binding.find(',') - 2));
    return "c=" + base::base64_encode(binding) + ',' + challenge_.substr(0, challenge_.find(','));
  }
  std::string with_proof(const std::string& without_proof, std::string_view password_ = password) const {
    const auto bare = client_first_.substr(client_first_.find(',', client_first_.find(',') + 1) + 1);
    return without_proof + ",p=" + proof_of(hash_of(chosen_), password_, keys_, bare + ',' + challenge_ + ',' + without_proof);
  }
  std::string right_final(std::string_view password_ = password) const {
    return with_proof(right_final_without_proof(), password_);
  }
  /// The whole exchange with a client's first message; the first verdict that is not ok, or ok.
  verdict run(std::string_view client_first, std::string_view password_ = password) {
    if (const auto v = first(client_first); v != verdict::ok) return v;
    challenge();
    return server.on_client_final(right_final(password_));
  }

 private:
  mechanism chosen_;
  std::vector<mechanism> offered_;
  channel_bindings bindings_;
  std::string client_first_;
  std::string challenge_;
  scram_keys keys_;

 public:
  scram_server server;
};

inline std::vector<mechanism> scram_mechanisms() {
  std::vector<mechanism> found;
  for (const auto m : all_mechanisms()) {
    if (is_scram(m)) found.push_back(m);
  }
  return found;
}

inline std::vector<mechanism> without_plus() {
  std::vector<mechanism> found;
  for (const auto m : all_mechanisms()) {
    if (!is_plus(m)) found.push_back(m);
  }
  return found;
}

/// The GS2 flag of an honest client.
inline std::string flag_for(mechanism m) {
  return is_plus(m) ? "p=tls-exporter" : "n";
}

}  // namespace couplet::sasl::test

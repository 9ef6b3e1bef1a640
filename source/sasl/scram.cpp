#include "sasl/scram.hpp"

#include <algorithm>
#include <cassert>
#include <utility>
#include <vector>

#include "base/base64.hpp"
#include "base/random.hpp"
#include "base/secret.hpp"
#include "sasl/plain.hpp"
#include "scram_messages.hpp"

namespace couplet::sasl {

namespace {

constexpr std::size_t nonce_bytes = 18;  // 144 bits, 24 characters without padding

void append_sorted(std::string& out, std::vector<std::string_view> names) {
  // i;octet (RFC 4790 section 9.3): by bytes.
  std::sort(names.begin(), names.end());
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i != 0) out += '\x1e';
    out += names[i];
  }
}

bool offers_plus(const scram_offer& offer) noexcept {
  return std::any_of(offer.mechanisms.begin(), offer.mechanisms.end(), is_plus);
}

/// Both of the same length.
std::string exclusive_or(std::string a, std::string_view b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<char>(a[i] ^ b[i]);
  return a;
}

}  // namespace

std::string downgrade_hash(scram_hash hash, const scram_offer& offer) {
  std::vector<std::string_view> names;
  names.reserve(offer.mechanisms.size());
  for (const auto m : offer.mechanisms) names.push_back(name_of(m));
  std::string text;
  append_sorted(text, std::move(names));
  if (!offer.binding_types.empty()) {
    text += '\x1f';
    append_sorted(text, {offer.binding_types.begin(), offer.binding_types.end()});
  }
  return base::base64_encode(base::digest_of(hash, text));
}

std::string fresh_nonce() {
  return base::base64_encode(base::random_bytes(nonce_bytes));
}

scram_server::scram_server(mechanism chosen, const scram_offer& offer, std::string nonce)
    : hash_(hash_of(chosen)), plus_(is_plus(chosen)), plus_offered_(offers_plus(offer)), nonce_(std::move(nonce)) {
  assert(is_scram(chosen) && is_nonce(nonce_));
  if (offer.downgrade_protection) protection_ = downgrade_hash(hash_, offer);
}

scram_server::~scram_server() {
  base::wipe(stored_key_);
  base::wipe(server_key_);
}

verdict scram_server::on_client_first(std::string_view message, const channel_bindings& bindings, std::string_view domain) {
  if (std::exchange(step_, step::over) != step::client_first) return verdict::malformed;
  const auto v = read_client_first(message, bindings, domain);
  if (v == verdict::ok) step_ = step::keys;
  return v;
}

verdict scram_server::read_client_first(std::string_view message, const channel_bindings& bindings, std::string_view domain) {
  client_first given;
  if (const auto v = sasl::read_client_first(message, given); v != verdict::ok) return v;
  if (const auto v = check_flag(given.flag, bindings); v != verdict::ok) return v;
  const auto name = decode_name(given.username);
  const auto authzid = decode_name(given.authzid);
  if (!name || !authzid) return verdict::malformed;
  if (name->size() > max_part_bytes || authzid->size() > max_part_bytes) return verdict::too_long;
  // RFC 5802 section 5.1 wants the name prepared with SASLprep. An account's name is a node, and nodeprep makes the same of it, and
  // refuses whatever SASLprep does.
  plain_credentials who;
  who.authcid = *name;
  who.authzid = *authzid;
  if (const auto v = identify(who, domain, who_); v != verdict::ok) return v;
  has_authzid_ = !authzid->empty();
  binding_ = given.gs2_header;
  binding_ += bindings.find(binding_type_);
  nonce_.insert(0, given.nonce);
  auth_message_ = given.bare;
  return verdict::ok;
}

verdict scram_server::check_flag(std::string_view flag, const channel_bindings& bindings) {
  const bool binds = flag.starts_with("p=");
  if (binds != plus_) return verdict::wrong_flag;
  // RFC 5802 section 6: a client that would have bound, had it seen that we can, was kept from seeing it.
  if (flag == "y" && plus_offered_) return verdict::downgraded;
  if (!binds) return verdict::ok;
  const auto type = flag.substr(2);
  if (bindings.find(type).empty()) return verdict::unknown_binding;
  binding_type_ = type;
  return verdict::ok;
}

std::string scram_server::server_first(const scram_keys& keys) {
  assert(step_ == step::keys);
  step_ = step::client_final;
  stored_key_ = keys.stored_key;
  server_key_ = keys.server_key;
  auto challenge = "r=" + nonce_ + ",s=" + base::base64_encode(keys.salt) + ",i=" + std::to_string(keys.iterations);
  if (!protection_.empty()) (challenge += ",h=") += protection_;
  (auth_message_ += ',') += challenge;
  return challenge;
}

void scram_server::set_keys(const scram_keys& keys) {
  stored_key_ = keys.stored_key;
  server_key_ = keys.server_key;
}

verdict scram_server::on_client_final(std::string_view message) {
  if (std::exchange(step_, step::over) != step::client_final) return verdict::malformed;
  const auto v = read_client_final(message);
  if (v == verdict::ok) step_ = step::accepted;
  return v;
}

verdict scram_server::read_client_final(std::string_view message) {
  client_final given;
  if (const auto v = sasl::read_client_final(message, given); v != verdict::ok) return v;
  const auto binding = base::base64_decode(given.channel_binding);
  const auto proof = base::base64_decode(given.proof);
  const auto length = base::hash_bytes(hash_);
  if (!binding || !proof || proof->size() != length) return verdict::malformed;
  if (!base::equal_in_constant_time(given.nonce, nonce_)) return verdict::wrong_nonce;
  if (!base::equal_in_constant_time(*binding, binding_)) return verdict::wrong_binding;
  (auth_message_ += ',') += given.without_proof;
  return proof_fits(*proof) ? verdict::ok : verdict::wrong_proof;
}

bool scram_server::proof_fits(std::string_view proof) const {
  // RFC 5802 section 3: the proof is ClientKey XOR ClientSignature, and H(ClientKey) is what we keep.
  auto client_key = exclusive_or(base::hmac(hash_, stored_key_, auth_message_), proof);
  const bool fits = base::equal_in_constant_time(base::digest_of(hash_, client_key), stored_key_);
  base::wipe(client_key);
  return fits;
}

std::string scram_server::server_final() const {
  if (step_ != step::accepted) return {};
  return "v=" + base::base64_encode(base::hmac(hash_, server_key_, auth_message_));
}

}  // namespace couplet::sasl

#include "tickets.hpp"

#include <wolfssl/wolfcrypt/chacha20_poly1305.h>

#include <algorithm>

namespace couplet::tls {

namespace {

constexpr std::size_t id_size = 8;
constexpr std::size_t name_size = 2 * id_size;
constexpr std::size_t mac_size = CHACHA20_POLY1305_AEAD_AUTHTAG_SIZE;

std::string bound_data(const unsigned char* name, const std::string& server_name) {
  return std::string(reinterpret_cast<const char*>(name), name_size) + server_name;
}

bool encrypt(const unsigned char* secret, const ticket_parts& t, const std::string& bound) {
  // A random nonce for each ticket: one key seals far fewer than the 2^32 after which they could meet.
  fill_random(t.iv, WOLFSSL_TICKET_IV_SZ);
  // The library sends all of it, and is suspicious of zeros.
  fill_random(t.mac, WOLFSSL_TICKET_MAC_SZ);
  return wc_ChaCha20Poly1305_Encrypt(secret, t.iv, bytes_of(bound), static_cast<word32>(bound.size()), t.body,
                                     static_cast<word32>(t.size), t.body, t.mac) == 0;
}

}  // namespace

static_assert(name_size == WOLFSSL_TICKET_NAME_SZ && mac_size <= WOLFSSL_TICKET_MAC_SZ);
static_assert(CHACHA20_POLY1305_AEAD_IV_SIZE <= WOLFSSL_TICKET_IV_SZ && CHACHA20_POLY1305_AEAD_KEYSIZE == 32);

ticket_keys::impl::key::key() {
  fill_random(id.data(), id.size());
  fill_random(secret.data(), secret.size());
}

ticket_keys::impl::key::~key() {
  wipe(secret.data(), secret.size());
}

ticket_keys::impl::impl(std::int64_t now_unix) {
  add_key(now_unix);
}

void ticket_keys::impl::add_key(std::int64_t now_unix) {
  keys_.emplace_front();
  keys_.front().born = now_unix;
  ++generation_;
}

void ticket_keys::impl::rotate(std::int64_t now_unix) {
  const std::lock_guard lock(mutex_);
  const auto age = now_unix - keys_.front().born;
  if (age < seal_seconds) return;
  if (age >= 2 * seal_seconds) ++generation_;  // what the newest has sealed is too old as well
  add_key(now_unix);
  while (keys_.size() > (age >= 2 * seal_seconds ? 1U : 2U)) keys_.pop_back();
  std::erase_if(certificates_, [this](const auto& entry) { return entry.second.generation + 1 < generation_; });
}

bool ticket_keys::impl::seal(const ticket_parts& t, const ticket_binding& binding) {
  const std::lock_guard lock(mutex_);
  const key& newest = keys_.front();
  std::array<unsigned char, id_size> certificate{};
  std::copy_n(bytes_of(binding.fingerprint), std::min(id_size, binding.fingerprint.size()), certificate.begin());
  auto& known = certificates_[certificate];
  if (known.fingerprint.empty()) {
    known.fingerprint = binding.fingerprint;
    known.server_end_point = binding.server_end_point;
  }
  known.generation = generation_;
  std::copy(newest.id.begin(), newest.id.end(), t.name);
  std::copy(certificate.begin(), certificate.end(), t.name + id_size);
  return encrypt(newest.secret.data(), t, bound_data(t.name, binding.server_name));
}

bool ticket_keys::impl::open(const ticket_parts& t, ticket_binding& binding) {
  const std::lock_guard lock(mutex_);
  const auto used =
      std::find_if(keys_.begin(), keys_.end(), [&](const auto& k) { return std::equal(k.id.begin(), k.id.end(), t.name); });
  std::array<unsigned char, id_size> certificate{};
  std::copy_n(t.name + id_size, id_size, certificate.begin());
  const auto known = certificates_.find(certificate);
  if (used == keys_.end() || known == certificates_.end()) return false;
  const auto bound = bound_data(t.name, binding.server_name);
  if (wc_ChaCha20Poly1305_Decrypt(used->secret.data(), t.iv, bytes_of(bound), static_cast<word32>(bound.size()), t.body,
                                  static_cast<word32>(t.size), t.mac, t.body) != 0) {
    return false;
  }
  binding.fingerprint = known->second.fingerprint;
  binding.server_end_point = known->second.server_end_point;
  return true;
}

ticket_keys::ticket_keys(std::int64_t now_unix) : impl_(std::make_unique<impl>(now_unix)) {}
ticket_keys::~ticket_keys() = default;

void ticket_keys::rotate(std::int64_t now_unix) {
  impl_->rotate(now_unix);
}

int ticket_callback(WOLFSSL* ssl, unsigned char* name, unsigned char* iv, unsigned char* mac, int sealing, unsigned char* body,
                    int size, int* out_size, void* keys) {
  bool forget = false;
  ticket_binding* const binding = binding_of(ssl, sealing == 0, forget);
  if (binding == nullptr || size <= 0) return WOLFSSL_TICKET_RET_REJECT;
  const ticket_parts ticket{name, iv, mac, body, static_cast<std::size_t>(size)};
  *out_size = size;
  try {
    auto& all = *static_cast<ticket_keys::impl*>(keys);
    if (sealing == 0) return all.open(ticket, *binding) ? WOLFSSL_TICKET_RET_OK : WOLFSSL_TICKET_RET_REJECT;
    if (forget) return ticket_keys::impl(0).seal(ticket, *binding) ? WOLFSSL_TICKET_RET_OK : WOLFSSL_TICKET_RET_FATAL;
    return all.seal(ticket, *binding) ? WOLFSSL_TICKET_RET_OK : WOLFSSL_TICKET_RET_FATAL;
  } catch (...) {  // no exception may pass through the library
    return sealing == 0 ? WOLFSSL_TICKET_RET_REJECT : WOLFSSL_TICKET_RET_FATAL;
  }
}

}  // namespace couplet::tls

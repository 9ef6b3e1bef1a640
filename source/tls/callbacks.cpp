#include <algorithm>
#include <array>
#include <new>

#include "contexts_impl.hpp"
#include "handshake.hpp"
#include "x509.hpp"

namespace couplet::tls {

int take_input(WOLFSSL*, char* buffer, int size, void* context) {
  auto& turn = *static_cast<io_turn*>(context);
  if (turn.in.empty()) return WOLFSSL_CBIO_ERR_WANT_READ;
  const auto taken = turn.in.substr(0, static_cast<std::size_t>(size));
  std::copy(taken.begin(), taken.end(), buffer);
  turn.in.remove_prefix(taken.size());
  return static_cast<int>(taken.size());
}

int give_output(WOLFSSL*, char* buffer, int size, void* context) {
  auto& turn = *static_cast<io_turn*>(context);
  try {
    turn.out->append(buffer, static_cast<std::size_t>(size));
    return size;
  } catch (const std::bad_alloc&) {
    turn.no_memory = true;
    return WOLFSSL_CBIO_ERR_GENERAL;
  }
}

ticket_binding* binding_of(WOLFSSL* connection, bool opening, bool& forget) noexcept {
  const auto* turn = static_cast<io_turn*>(wolfSSL_GetIOReadCtx(connection));
  if (turn == nullptr || turn->shaking == nullptr) return nullptr;
  auto& shaking = *turn->shaking;
  // A ticket does not tell whose certificate the client showed.
  forget = shaking.client.present;
  return opening || wolfSSL_session_reused(connection) != 0 ? &shaking.resumed : &shaking.own;
}

namespace {

/// Whether a certificate is only one that we do not believe, and otherwise in order. The library has its own numbers for that or,
/// where it was built with its OpenSSL layer, those of X509_V_ERR_…: not valid yet, no longer, signed by itself, no issuer found.
bool is_merely_unknown(int error) {
  constexpr std::array<int, 9> harmless{
      ASN_NO_SIGNER_E, ASN_SELF_SIGNED_E, ASN_AFTER_DATE_E, ASN_BEFORE_DATE_E, EXTKEYUSE_AUTH_E, 13, 14, 18, 20};
  return std::find(harmless.begin(), harmless.end(), error) != harmless.end();
}

bool read_identity(std::string_view der, client_identity& out) {
  auto parsed = read_x509(der);
  if (!parsed) return false;
  out.present = true;
  out.xmpp_addrs = std::move(parsed->names.xmpp_addrs);
  out.mail_addresses = std::move(parsed->names.mail_addresses);
  out.dns_names = std::move(parsed->names.dns_names);
  out.srv_names = std::move(parsed->names.srv_names);
  return true;
}

}  // namespace

int on_client_certificate(int good, WOLFSSL_X509_STORE_CTX* about) {
  constexpr int refuse = 0, accept = 1;
  if (about->totalCerts == 0) return good;  // it has none
  auto& shaking = *static_cast<handshake*>(about->userCtx);
  if (about->error_depth != 0) {
    // Never overruled: the library would keep the authority that the client made up, for all connections.
    if (good == 0) shaking.bad_chain = true;
    return good;
  }
  if (shaking.bad_chain || (good == 0 && !is_merely_unknown(about->error))) return refuse;
  try {
    const std::string_view der(reinterpret_cast<const char*>(about->certs[0].buffer), about->certs[0].length);
    if (!read_identity(der, shaking.client)) return refuse;
  } catch (const std::bad_alloc&) {
    return refuse;
  }
  shaking.client.verified = good != 0;
  return accept;
}

}  // namespace couplet::tls

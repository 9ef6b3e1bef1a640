#include <array>

#include "contexts_impl.hpp"
#include "domain_names.hpp"
#include "suites.hpp"
#include "tickets.hpp"
#include "trust.hpp"
#include "x509.hpp"

namespace couplet::tls {

namespace {

void set_up_tickets(WOLFSSL_CTX* made, ticket_keys* keys) {
  if (keys == nullptr) {
    wolfSSL_CTX_set_TicketEncCb(made, nullptr);
    wolfSSL_CTX_no_ticket_TLSv13(made);
    wolfSSL_CTX_NoTicketTLSv12(made);
    return;
  }
  wolfSSL_CTX_set_TicketEncCb(made, ticket_callback);
  wolfSSL_CTX_set_TicketEncCtx(made, &keys->inside());
  // How long a ticket is good for, with both versions; the hint to the client is the same.
  wolfSSL_CTX_set_timeout(made, static_cast<unsigned>(ticket_keys::seal_seconds));
  wolfSSL_CTX_set_num_tickets(made, 1);
}

/// False: the library lacks something that it was built without.
bool set_up(WOLFSSL_CTX* made, const context_options& options) {
  std::array<int, 3> groups{WOLFSSL_ECC_X25519, WOLFSSL_ECC_SECP256R1, WOLFSSL_ECC_SECP384R1};
  if (wolfSSL_CTX_SetMinVersion(made, WOLFSSL_TLSV1_2) != WOLFSSL_SUCCESS ||
      wolfSSL_CTX_set_cipher_list(made, suite_list) != WOLFSSL_SUCCESS ||
      wolfSSL_CTX_set_groups(made, groups.data(), static_cast<int>(groups.size())) != WOLFSSL_SUCCESS) {
    return false;
  }
  wolfSSL_CTX_set_session_cache_mode(made, WOLFSSL_SESS_CACHE_OFF);
  wolfSSL_CTX_SetIORecv(made, take_input);
  wolfSSL_CTX_SetIOSend(made, give_output);
  set_up_tickets(made, options.tickets.get());
  // Always with the callback: some builds of the library check nothing that was not asked for, others ask on their own.
  const bool ask = !options.client_ca.empty();
  wolfSSL_CTX_set_verify(made, ask ? WOLFSSL_VERIFY_PEER : WOLFSSL_VERIFY_NONE, ask ? on_client_certificate : nullptr);
  return true;
}

}  // namespace

contexts::contexts(std::unique_ptr<impl> i) noexcept : impl_(std::move(i)) {}
contexts::~contexts() = default;

base::result<std::shared_ptr<const contexts>> contexts::make(context_options options) {
  if (options.certificates.empty()) return base::error("TLS needs a certificate");
  auto made = std::make_unique<impl>();
  for (std::size_t i = 0; i < options.certificates.size(); ++i) {
    const auto& content = options.certificates[i].inside();
    std::string why;
    auto own = make_context(content, why);
    if (!own) return base::error(why);
    if (!set_up(own.get(), options)) return base::error("the TLS library was built without something that is needed");
    const auto& ca = options.client_ca;
    // One may have expired since it was read.
    if (!ca.empty() && !trust(own.get(), ca.pem))
      return base::error(ca.file + " has a certificate that is no authority's, or not valid any more");
    made->libraries_own.push_back(std::move(own));
    made->fingerprints.push_back(sha256(content.der));
    for (const auto& name : content.names) made->by_name.emplace(name, i);  // the first that has a name keeps it
  }
  made->options = std::move(options);
  return std::shared_ptr<const contexts>(new contexts(std::move(made)));
}

const std::vector<certificate>& contexts::certificates() const noexcept {
  return impl_->options.certificates;
}

std::size_t contexts::choose(std::string_view server_name) const {
  const auto& names = impl_->by_name;
  const auto ascii = ascii_domain(server_name);
  auto found = names.find(ascii);
  if (found == names.end()) found = names.find(wildcard_for(ascii));
  return found == names.end() ? 0 : found->second;
}

bool contexts::asks_for_client_certificates() const noexcept {
  return !impl_->options.client_ca.empty();
}

}  // namespace couplet::tls

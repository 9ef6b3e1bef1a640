#include <array>

#include "contexts_impl.hpp"
#include "handshake.hpp"
#include "suites.hpp"

namespace couplet::tls {

namespace {

constexpr std::string_view exporter_label = "EXPORTER-Channel-Binding";
constexpr std::size_t exporter_size = 32;

/// RFC 9266 section 2. Its context is a string of no length, which TLS 1.2 tells from no context at all (RFC 5705 section 4).
std::string export_binding(WOLFSSL* connection) {
  std::string bytes(exporter_size, '\0');
  const unsigned char no_context = 0;
  const int code = wolfSSL_export_keying_material(connection, bytes_of(bytes), bytes.size(), exporter_label.data(),
                                                  exporter_label.size(), &no_context, 0, 1);
  return code == WOLFSSL_SUCCESS ? bytes : std::string();
}

/// RFC 5929 section 3: the first Finished is the client's in a whole handshake and the server's in a resumed one.
std::string first_finished(WOLFSSL* connection, bool resumed) {
  std::array<unsigned char, 64> bytes{};
  const auto size = resumed ? wolfSSL_get_finished(connection, bytes.data(), bytes.size())
                            : wolfSSL_get_peer_finished(connection, bytes.data(), bytes.size());
  return size <= bytes.size() ? std::string(reinterpret_cast<const char*>(bytes.data()), size) : std::string();
}

void collect_bindings(WOLFSSL* connection, bool is_1_3, const handshake& from, facts& out) {
  const bool extended = is_1_3 || from.hello.extended_master_secret;
  // Without the extended master secret two connections can be brought to the same secret (RFC 7627 section 1).
  if (extended) out.tls_exporter = export_binding(connection);
  if (!is_1_3 && (extended || !out.resumed)) out.tls_unique = first_finished(connection, out.resumed);
  out.tls_server_end_point = out.resumed ? from.resumed.server_end_point : from.own.server_end_point;
}

std::string agreed_protocol(WOLFSSL* connection) {
  char* name = nullptr;
  unsigned short size = 0;
  if (wolfSSL_ALPN_GetProtocol(connection, &name, &size) != WOLFSSL_SUCCESS || name == nullptr) return {};
  return {name, size};
}

}  // namespace

protection protection_of(unsigned suite, bool is_1_3) noexcept {
  protection p;
  p.version = is_1_3 ? version_1_3 : "TLSv1.2";
  if (const auto* known = find_suite(suite)) {
    p.cipher = known->name;
    p.secret_bits = p.algorithm_bits = known->bits;
  }
  return p;
}

std::unique_ptr<facts> collect_facts(WOLFSSL* connection, handshake& from) {
  auto all = std::make_unique<facts>();
  const bool is_1_3 = std::string_view(wolfSSL_get_version(connection)) == version_1_3;
  static_cast<protection&>(*all) = protection_of(static_cast<unsigned>(wolfSSL_get_current_cipher_suite(connection)), is_1_3);
  all->resumed = wolfSSL_session_reused(connection) != 0;
  all->certificate = from.certificate;
  all->alpn = agreed_protocol(connection);
  collect_bindings(connection, is_1_3, from, *all);
  all->sni = std::move(from.hello.server_name);
  all->client = std::move(from.client);
  return all;
}

}  // namespace couplet::tls

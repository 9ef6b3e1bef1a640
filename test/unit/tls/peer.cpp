#include "peer.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "../../../source/tls/pem.hpp"

namespace couplet::tls::test {

namespace {

void require(bool fine, const char* what) {
  if (!fine) throw std::runtime_error(what);
}

}  // namespace

std::int64_t now() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

temporary_folder::temporary_folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "couplet-tls-XXXXXX").string();
  require(mkdtemp(pattern.data()) != nullptr, "mkdtemp");
  name_ = pattern;
}

temporary_folder::~temporary_folder() {
  std::error_code ignored;
  std::filesystem::remove_all(name_, ignored);
}

std::string temporary_folder::write(const std::string& name, std::string_view text) const {
  const auto path = std::filesystem::path(name_) / name;
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
  return path.string();
}

certificate certificate_for(const std::vector<std::string>& domains) {
  const temporary_folder folder;
  const auto pair = make_self_signed(domains, now());
  require(pair.ok(), "make_self_signed");
  auto loaded = load_certificate({folder.write("c.pem", pair->chain), folder.write("c.key", pair->key)}, now());
  if (!loaded) throw std::runtime_error(loaded.error_text());
  return *loaded;
}

std::shared_ptr<const contexts> contexts_for(const std::vector<std::string>& domains,
                                             const std::function<void(context_options&)>& change) {
  context_options options;
  options.certificates.push_back(certificate_for(domains));
  if (change) change(options);
  auto made = contexts::make(std::move(options));
  if (!made) throw std::runtime_error(made.error_text());
  return *made;
}

namespace {

certificate_request authority_request(const std::string& name, const std::string& issuer) {
  certificate_request what;
  what.subject = name;
  what.issuer = issuer;
  what.not_before = now() - 1000;
  what.not_after = now() + 100'000;
  what.authority = true;
  return what;
}

}  // namespace

authority::authority(std::string name) : name_(std::move(name)) {
  der_ = issue_certificate(authority_request(name_, name_), key_.public_der(), key_);
}

authority::authority(std::string name, const authority& above) : name_(std::move(name)) {
  der_ = issue_certificate(authority_request(name_, above.name()), key_.public_der(), above.key());
}

std::string authority::pem() const {
  return write_pem("CERTIFICATE", der_);
}

int client_takes(WOLFSSL*, char* buffer, int size, void* context) {
  auto& in = static_cast<client*>(context)->from_server;
  if (in.empty()) return WOLFSSL_CBIO_ERR_WANT_READ;
  const auto count = std::min(in.size(), static_cast<std::size_t>(size));
  std::copy_n(in.begin(), count, buffer);
  in.erase(0, count);
  return static_cast<int>(count);
}

int client_gives(WOLFSSL*, char* buffer, int size, void* context) {
  static_cast<client*>(context)->to_server.append(buffer, static_cast<std::size_t>(size));
  return size;
}

namespace {

void set_up(WOLFSSL_CTX* context, const client_options& options) {
  wolfSSL_CTX_set_verify(context, WOLFSSL_VERIFY_NONE, nullptr);
  wolfSSL_CTX_SetIORecv(context, client_takes);
  wolfSSL_CTX_SetIOSend(context, client_gives);
  wolfSSL_CTX_UseSessionTicket(context);
  if (!options.ciphers.empty()) {
    require(wolfSSL_CTX_set_cipher_list(context, options.ciphers.c_str()) == WOLFSSL_SUCCESS, "cipher list");
  }
  if (options.certificate_pem.empty()) return;
  const auto& chain = options.certificate_pem;
  const auto& key = options.key_pem;
  require(wolfSSL_CTX_use_certificate_chain_buffer(context, bytes_of(chain), static_cast<long>(chain.size())) == WOLFSSL_SUCCESS,
          "client chain");
  require(wolfSSL_CTX_use_PrivateKey_buffer(context, bytes_of(key), static_cast<long>(key.size()), WOLFSSL_FILETYPE_PEM) ==
              WOLFSSL_SUCCESS,
          "client key");
}

WOLFSSL_METHOD* method_of(const client_options& options) {
  if (options.version == WOLFSSL_TLSV1_2) return wolfTLSv1_2_client_method();
  if (options.version == WOLFSSL_TLSV1_3) return wolfTLSv1_3_client_method();
  return wolfSSLv23_client_method();
}

}  // namespace

client::client(const client_options& options) {
  start_library();
  context_ = wolfSSL_CTX_new(method_of(options));
  require(context_ != nullptr, "client context");
  set_up(context_, options);
  connection_ = wolfSSL_new(context_);
  require(connection_ != nullptr, "client");
  wolfSSL_SetIOReadCtx(connection_, this);
  wolfSSL_SetIOWriteCtx(connection_, this);
  wolfSSL_KeepArrays(connection_);
  const auto& name = options.server_name;
  if (!name.empty()) wolfSSL_UseSNI(connection_, WOLFSSL_SNI_HOST_NAME, name.data(), static_cast<unsigned short>(name.size()));
  std::string protocols;
  for (const auto& protocol : options.protocols) protocols += (protocols.empty() ? "" : ",") + protocol;
  if (!protocols.empty()) {
    wolfSSL_UseALPN(connection_, protocols.data(), static_cast<unsigned>(protocols.size()), WOLFSSL_ALPN_CONTINUE_ON_MISMATCH);
  }
  if (!options.extended_master_secret) wolfSSL_DisableExtendedMasterSecret(connection_);
  auto groups = options.groups;
  if (!groups.empty()) wolfSSL_set_groups(connection_, groups.data(), static_cast<int>(groups.size()));
  // Refused where it has no ticket: then there is nothing to resume.
  if (options.session != nullptr) wolfSSL_set_session(connection_, options.session);
}

client::~client() {
  wolfSSL_free(connection_);
  wolfSSL_CTX_free(context_);
}

bool client::shake_hands() {
  return wolfSSL_connect(connection_) == WOLFSSL_SUCCESS;
}

bool client::send(std::string_view plain) {
  return wolfSSL_write(connection_, plain.data(), static_cast<int>(plain.size())) == static_cast<int>(plain.size());
}

std::string client::receive() {
  std::string plain;
  std::array<char, 20'000> buffer{};
  for (;;) {
    const int got = wolfSSL_read(connection_, buffer.data(), static_cast<int>(buffer.size()));
    if (got <= 0) {
      closed_ = closed_ || wolfSSL_get_error(connection_, got) == WOLFSSL_ERROR_ZERO_RETURN;
      return plain;
    }
    plain.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

void client::close() {
  wolfSSL_shutdown(connection_);
}

int client::alert() const {
  WOLFSSL_ALERT_HISTORY history{};
  wolfSSL_get_alert_history(connection_, &history);
  return history.last_rx.code;
}

std::string client::exporter() const {
  std::string bytes(32, '\0');
  const unsigned char none = 0;
  const std::string_view label = "EXPORTER-Channel-Binding";
  const int code =
      wolfSSL_export_keying_material(connection_, bytes_of(bytes), bytes.size(), label.data(), label.size(), &none, 0, 1);
  return code == WOLFSSL_SUCCESS ? bytes : std::string();
}

std::string client::first_finished(bool resumed) const {
  std::array<unsigned char, 64> bytes{};
  const auto size = resumed ? wolfSSL_get_peer_finished(connection_, bytes.data(), bytes.size())
                            : wolfSSL_get_finished(connection_, bytes.data(), bytes.size());
  return {reinterpret_cast<const char*>(bytes.data()), size};
}

WOLFSSL_SESSION* client::session() const {
  return wolfSSL_get1_session(connection_);
}

outcome run(client& c, engine& server, std::size_t piece) {
  outcome all;
  for (;;) {
    all.client_done = c.shake_hands();
    if (c.to_server.empty()) break;
    const auto bytes = std::exchange(c.to_server, {});
    const std::size_t step = piece == 0 ? bytes.size() : piece;
    std::string out;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
      all.server = server.feed(std::string_view(bytes).substr(at, step), all.plain, out);
    }
    c.take(out);
  }
  all.server = server.state();
  return all;
}

}  // namespace couplet::tls::test

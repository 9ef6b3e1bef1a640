#include "tls_client.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

namespace couplet::bench {

namespace {

constexpr std::uint64_t time_limit_ns = 10'000'000'000;
constexpr unsigned char protocols[] = "\x0bxmpp-client";

/// Waits for the socket without sleeping; lets other threads run. False: the time is over.
bool look(int fd, short events) {
  const std::uint64_t give_up = now_ns() + time_limit_ns;
  pollfd ready{fd, events, 0};
  while (poll(&ready, 1, 0) != 1) {
    if (now_ns() >= give_up) return false;
    sched_yield();
  }
  return true;
}

std::string text_of(BIO* memory) {
  char* begin = nullptr;
  const long size = BIO_get_mem_data(memory, &begin);
  return {begin, static_cast<std::size_t>(size)};
}

}  // namespace

void tls_context::release::operator()(ssl_ctx_st* context) const noexcept {
  SSL_CTX_free(context);
}

tls_context::tls_context() : own_(SSL_CTX_new(TLS_client_method())) {
  auto* const c = own_.get();
  if (c == nullptr || SSL_CTX_set_min_proto_version(c, TLS1_3_VERSION) != 1 ||
      SSL_CTX_set_ciphersuites(c, "TLS_AES_128_GCM_SHA256") != 1 || SSL_CTX_set1_groups_list(c, "X25519") != 1 ||
      SSL_CTX_set_alpn_protos(c, protocols, sizeof protocols - 1) != 0)
    throw std::runtime_error("OpenSSL lacks something that TLS 1.3 needs");
  SSL_CTX_set_verify(c, SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS);
}

void tls_connection::free_ssl::operator()(ssl_st* one) const noexcept {
  SSL_free(one);
}

tls_connection::tls_connection(const tls_context& shared, const endpoint& server, std::size_t number)
    : fd_(connect_to(server, number)), ssl_(SSL_new(shared.get())) {
  auto* const s = ssl_.get();
  if (s != nullptr && SSL_set_fd(s, fd_) == 1 && SSL_set_tlsext_host_name(s, "localhost") == 1) {
    int done = 0;
    while ((done = wait(SSL_connect(s))) < 0) {
    }
    if (done == 1) return;
  }
  close(fd_);
  throw std::runtime_error("the TLS handshake failed");
}

tls_connection::tls_connection(const endpoint& server, std::size_t number) : fd_(connect_to(server, number)) {}

tls_connection::~tls_connection() {
  if (fd_ >= 0) close(fd_);
}

int tls_connection::write_once(std::string_view words) {
  const int size = static_cast<int>(words.size());
  return ssl_ ? SSL_write(ssl_.get(), words.data(), size)
              : static_cast<int>(::send(fd_, words.data(), words.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
}

int tls_connection::read_once(char* room, int size) {
  return ssl_ ? SSL_read(ssl_.get(), room, size)
              : static_cast<int>(::recv(fd_, room, static_cast<std::size_t>(size), MSG_DONTWAIT));
}

/// What became of a call of OpenSSL, or of the socket: 1: done; 0: it will not; -1: to be called again, now that the socket is ready.
int tls_connection::wait(int result) {
  if (result > 0) return 1;
  if (!ssl_) return result < 0 && errno == EAGAIN && look(fd_, POLLIN) ? -1 : 0;
  const int error = SSL_get_error(ssl_.get(), result);
  if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return 0;
  return look(fd_, error == SSL_ERROR_WANT_WRITE ? POLLOUT : POLLIN) ? -1 : 0;
}

void tls_connection::fail(const char* where) {
  ERR_clear_error();
  throw std::runtime_error(std::string(where) + ", after " + heard_.substr(0, 400));
}

void tls_connection::say(std::string_view words) {
  heard_.clear();
  int done = 0;
  while ((done = wait(write_once(words))) < 0) {
  }
  if (done == 0) fail("nothing can be written");
}

const std::string& tls_connection::hear(std::string_view words) {
  char room[4096];
  while (heard_.find(words) == std::string::npos) {
    if (heard_.find("<failure") != std::string::npos || heard_.find("<stream:error") != std::string::npos) fail("refused");
    const int got = read_once(room, sizeof room);
    if (got > 0) heard_.append(room, static_cast<std::size_t>(got));
    if (wait(got) == 0) fail("the server closed or said nothing for ten seconds");
  }
  return heard_;
}

void tls_connection::leave() {
  if (ssl_) {
    SSL_shutdown(ssl_.get());
  } else {
    shutdown(fd_, SHUT_WR);
  }
  char room[4096];
  for (;;) {
    if (!look(fd_, POLLIN)) fail("the server did not close");
    const ssize_t got = read(fd_, room, sizeof room);
    if (got == 0 || (got < 0 && errno != EAGAIN)) return;
  }
}

int tls_connection::release() noexcept {
  const int fd = fd_;
  fd_ = -1;
  return fd;
}

int tls_connection::use_memory() {
  BIO *const in = BIO_new(BIO_s_mem()), *const out = BIO_new(BIO_s_mem());
  if (in == nullptr || out == nullptr) throw std::runtime_error("no memory");
  BIO_set_mem_eof_return(in, -1);
  SSL_set_bio(ssl_.get(), in, out);
  return fd_;
}

std::string tls_connection::encrypt(std::string_view words) {
  BIO* const out = SSL_get_wbio(ssl_.get());
  if (SSL_write(ssl_.get(), words.data(), static_cast<int>(words.size())) <= 0) fail("nothing can be encrypted");
  std::string made = text_of(out);
  static_cast<void>(BIO_reset(out));
  return made;
}

std::string tls_connection::decrypt(std::string_view records) {
  BIO_write(SSL_get_rbio(ssl_.get()), records.data(), static_cast<int>(records.size()));
  std::string plain(records.size(), '\0');
  const int got = SSL_read(ssl_.get(), plain.data(), static_cast<int>(plain.size()));
  if (got <= 0) fail("nothing can be decrypted");
  plain.resize(static_cast<std::size_t>(got));
  return plain;
}

pem_pair make_certificate() {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> made(X509_new(), X509_free);
  const std::unique_ptr<BIO, decltype(&BIO_free)> first(BIO_new(BIO_s_mem()), BIO_free), second(BIO_new(BIO_s_mem()), BIO_free);
  auto* const c = made.get();
  X509_set_version(c, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(c), 1);
  X509_gmtime_adj(X509_getm_notBefore(c), -3600);
  X509_gmtime_adj(X509_getm_notAfter(c), 86'400);
  const auto* const name = reinterpret_cast<const unsigned char*>("localhost");
  X509_NAME_add_entry_by_txt(X509_get_subject_name(c), "CN", MBSTRING_ASC, name, -1, -1, 0);
  X509_set_issuer_name(c, X509_get_subject_name(c));
  X509_set_pubkey(c, key.get());
  if (X509_sign(c, key.get(), EVP_sha256()) == 0 || PEM_write_bio_X509(first.get(), c) != 1 ||
      PEM_write_bio_PrivateKey(second.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
    throw std::runtime_error("OpenSSL made no certificate");
  return {text_of(first.get()), text_of(second.get())};
}

}  // namespace couplet::bench

#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "sockets.hpp"

struct ssl_ctx_st;
struct ssl_st;

namespace couplet::bench {

/// What the clients of a benchmark share: TLS 1.3 with TLS_AES_128_GCM_SHA256 and X25519, no resumption, any certificate (the
/// benchmark knows which server it has started). OpenSSL, so that the server's own library is not on both sides. One object for all
/// threads.
class tls_context {
 public:
  tls_context();
  [[nodiscard]] ssl_ctx_st* get() const noexcept { return own_.get(); }

 private:
  struct release {
    void operator()(ssl_ctx_st* context) const noexcept;
  };
  std::unique_ptr<ssl_ctx_st, release> own_;
};

/// One client's connection to a port where TLS comes first, mostly. Calls wait, ten seconds at most, and throw std::runtime_error. They wait
/// by looking again and again: to wake a sleeper on another core is much work, which would be charged to the server, and which a
/// client on another machine does not cost.
class tls_connection {
 public:
  /// Connects (`number` as with connect_to) and shakes hands.
  tls_connection(const tls_context& shared, const endpoint& server, std::size_t number);
  /// The same without TLS, to a port where streams begin in the clear. Only say(), hear() and leave() are for it.
  tls_connection(const endpoint& server, std::size_t number);
  ~tls_connection();
  tls_connection(const tls_connection&) = delete;
  tls_connection& operator=(const tls_connection&) = delete;

  /// Each call is one record.
  void say(std::string_view words);
  /// Reads until `words` are in what has come since the last say(), and returns all of that. Throws it where the server
  /// closes, or refuses.
  [[nodiscard]] const std::string& hear(std::string_view words);
  /// Says close_notify and waits until the server has closed too.
  void leave();
  /// Hands the socket over and forgets the keys: for who only wants it to stay open.
  [[nodiscard]] int release() noexcept;

  /// For a load of its own: the socket (still ours to close, and it does not block), and from now on only the two below.
  [[nodiscard]] int use_memory();
  [[nodiscard]] std::string encrypt(std::string_view words);
  /// Takes whole records.
  [[nodiscard]] std::string decrypt(std::string_view records);

 private:
  [[nodiscard]] int wait(int result);
  [[nodiscard]] int write_once(std::string_view words);
  [[nodiscard]] int read_once(char* room, int size);
  [[noreturn]] void fail(const char* where);

  int fd_;
  struct free_ssl {
    void operator()(ssl_st* one) const noexcept;
  };
  std::unique_ptr<ssl_st, free_ssl> ssl_;
  std::string heard_;
};

/// A self-signed certificate with a key on P-256, both in PEM.
struct pem_pair {
  std::string certificate, key;
};
[[nodiscard]] pem_pair make_certificate();

}  // namespace couplet::bench

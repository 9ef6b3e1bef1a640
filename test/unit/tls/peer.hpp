#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "../../../source/tls/issue.hpp"
#include "../../../source/tls/library.hpp"
#include "tls/engine.hpp"

// The other side of an engine, over two strings, and certificates to try it with. Also used by the fuzz target.

namespace couplet::tls::test {

/// Seconds since 1970: the library looks at the real time where it checks a certificate, so the tests do, too.
std::int64_t now();

/// A folder of one's own, removed with all that is in it.
class temporary_folder {
 public:
  temporary_folder();
  ~temporary_folder();
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  /// Writes a file and gives its whole name back.
  std::string write(const std::string& name, std::string_view text) const;
  const std::string& name() const noexcept { return name_; }

 private:
  std::string name_;
};

/// A self-signed certificate for these domains, loaded.
certificate certificate_for(const std::vector<std::string>& domains);
/// Contexts with such a certificate and nothing else; `change` may add to the options.
std::shared_ptr<const contexts> contexts_for(const std::vector<std::string>& domains,
                                             const std::function<void(context_options&)>& change = {});

/// A certificate authority and what it issues.
class authority {
 public:
  explicit authority(std::string name = "Test CA");
  /// One that another authority stands behind.
  authority(std::string name, const authority& above);
  std::string pem() const;
  const std::string& der() const noexcept { return der_; }
  const signing_key& key() const noexcept { return key_; }
  const std::string& name() const noexcept { return name_; }

 private:
  std::string name_;
  signing_key key_;
  std::string der_;
};

/// How a client behaves. Empty or zero: as the library likes.
struct client_options {
  std::string server_name;
  std::vector<std::string> protocols;  ///< ALPN
  int version = 0;                     ///< WOLFSSL_TLSV1_2 or WOLFSSL_TLSV1_3: this one and no other
  std::string ciphers;
  std::vector<int> groups;
  bool extended_master_secret = true;
  std::string certificate_pem, key_pem;
  WOLFSSL_SESSION* session = nullptr;
};

/// A client without a socket: what it has to send is in `to_server`, what it is sent goes to take().
class client {
 public:
  explicit client(const client_options& options = {});
  ~client();
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  /// Goes on with the handshake as far as it can. True: it is over.
  bool shake_hands();
  void take(std::string_view bytes) { from_server += bytes; }
  /// Encrypts into to_server.
  bool send(std::string_view plain);
  /// What has come for the application; also sees what else has come.
  std::string receive();
  void close();
  bool closed_by_server() const noexcept { return closed_; }
  /// The last alert that came, -1: none.
  int alert() const;
  WOLFSSL* get() const noexcept { return connection_; }
  std::string exporter() const;
  std::string first_finished(bool resumed) const;
  /// To be freed by wolfSSL_SESSION_free().
  WOLFSSL_SESSION* session() const;

  std::string to_server, from_server;

 private:
  friend int client_takes(WOLFSSL*, char*, int, void*);
  friend int client_gives(WOLFSSL*, char*, int, void*);

  WOLFSSL_CTX* context_ = nullptr;
  WOLFSSL* connection_ = nullptr;
  bool closed_ = false;
};

/// Carries bytes to and fro until nobody has anything to say. `plain`: what the server's application gets.
struct outcome {
  bool client_done = false;
  engine::status server = engine::status::handshaking;
  std::string plain;
};
/// `piece`: how many bytes the server is given at once; 0: all that there are.
outcome run(client& c, engine& server, std::size_t piece = 0);

}  // namespace couplet::tls::test

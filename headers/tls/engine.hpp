#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tls/context.hpp"

struct WOLFSSL;

namespace couplet::tls {

struct handshake;  // of this room
struct io_turn;    // of this room

/// What a client's certificate says about whose it is: the entries of its subjectAltName, never its distinguished name (SECURITY
/// 54). As they stand there: UTF-8 resp. ASCII without control characters, not prepared.
struct client_identity {
  bool present = false;   ///< the client sent a certificate and has its key
  bool verified = false;  ///< the client CA stands behind it and it is valid today. Nothing else may be believed
  std::vector<std::string> mail_addresses;  ///< rfc822Name
  std::vector<std::string> xmpp_addrs;      ///< id-on-xmppAddr, RFC 6120 section 13.7.1.4
  std::vector<std::string> dns_names;       ///< dNSName
  std::vector<std::string> srv_names;       ///< id-on-dnsSRV, RFC 4985, "_xmpp-client.example.net"

  /// Whether whoever shows it may speak for a domain (prepared) as a whole: it is verified, and the domain is one of its dNSNames or xmppAddrs.
  /// Wildcards stand for nobody.
  bool speaks_for(std::string_view domain) const;
};

/// What a connection is protected by. The texts last as long as the program.
struct protection {
  std::string_view version;          ///< "TLSv1.3", "TLSv1.2"; empty: the handshake was never over
  std::string_view cipher;           ///< its name at IANA, "TLS_AES_128_GCM_SHA256"
  std::uint16_t secret_bits = 0;     ///< strength of the cipher
  std::uint16_t algorithm_bits = 0;  ///< length of its key
};

/// What is known about a connection once its handshake is over.
struct facts : protection {
  std::string sni;   ///< the name that the client asked for, lower case; may be empty
  std::string alpn;  ///< "xmpp-client" where that was agreed upon
  bool resumed = false;
  std::size_t certificate = 0;  ///< index in contexts::certificates() of the one that was chosen
  // Channel binding data; empty: not to be had on this connection.
  std::string tls_exporter;  ///< RFC 9266, 32 bytes: TLS 1.3, and TLS 1.2 with extended master secret
  std::string tls_unique;    ///< RFC 5929, the first Finished: TLS 1.2 only; resumed sessions only with extended master secret
  std::string tls_server_end_point;  ///< RFC 5929: of the certificate that the session began with, also when it is resumed
  client_identity client;
};

/// The server's side of one TLS connection: bytes in, bytes out, no socket. It is made when the first byte has come, and makes
/// the library's object when the ClientHello is whole. One thread at a time.
///
/// Between two calls an engine holds nothing that came in but a record that is not whole yet, and nothing that has to go out.
class engine {
 public:
  enum class status : std::uint8_t {
    handshaking,
    open,
    peer_closed,  ///< the peer said close_notify: nothing more comes from it
    failed,       ///< for good; what is in `out` (an alert) should still be sent
  };

  /// The longest ClientHello that is waited for, and the longest plain text of one record.
  static constexpr std::size_t max_hello_bytes = 16'384;
  static constexpr std::size_t max_plain_bytes = 16'384;

  /// `direct_tls`: a port where TLS comes first (XEP-0368): a client that offers protocols (ALPN) must offer "xmpp-client". After
  /// STARTTLS offers are not looked at, and white space before the ClientHello is dropped: RFC 6120 section 5.3.3 forbids it, but
  /// go-sendxmpp and sslscan end the line after <starttls/>.
  engine(std::shared_ptr<const contexts> shared, bool direct_tls) noexcept;
  ~engine();
  engine(engine&&) noexcept;
  engine& operator=(engine&&) noexcept;

  /// Takes bytes from the socket, as many as there are; appends the application's bytes to `plain` and what has to be written to
  /// the socket to `out`. All that can be read is read: afterwards the engine waits for more. After peer_closed or failed the
  /// input is ignored. Bytes in `plain` that came before the end are good also where the answer is peer_closed or failed. Throws
  /// std::bad_alloc.
  status feed(std::string_view ciphertext, std::string& plain, std::string& out);

  /// Encrypts; appends records to `out`. Any length. False: not open, or the engine has failed now. After peer_closed it still
  /// works (half-closed, as in RFC 8446 section 6.1).
  bool encrypt(std::string_view plain, std::string& out);

  /// Says goodbye (close_notify), once; nothing can be encrypted afterwards. Does nothing before the handshake is over, or after
  /// a failure.
  void close(std::string& out);

  status state() const noexcept { return status_; }
  /// Of a ClientHello that is not whole yet.
  std::size_t held_bytes() const noexcept;
  /// Why it failed, for the log: a few words without anything that the peer chose or that is secret. Empty before a failure.
  std::string_view failure() const noexcept { return failure_; }
  /// Nothing before the handshake is over, and after forget_facts().
  const facts* known() const noexcept { return facts_.get(); }
  /// The part of it that stays known, whatever comes: it costs no memory.
  protection protected_by() const noexcept;
  /// Behind a handshake that is over, of TLS 1.3: its last word was the client's, and what the server has to add (tickets) answers nothing.
  bool has_handshake_ended_by_peer() const noexcept { return is_1_3_; }
  /// Gives the memory of the facts back, when nobody will ask any more (after the login).
  void forget_facts() noexcept { facts_.reset(); }

 private:
  struct free_connection {
    void operator()(WOLFSSL* connection) const noexcept;
  };

  void collect_hello(std::string_view ciphertext, std::string& plain, std::string& out);
  bool begin();
  void take_records(std::string_view ciphertext, std::string& plain, std::string& out);
  std::string_view next_piece(std::string_view& ciphertext) noexcept;
  void shake_hands(io_turn& turn);
  bool read_plain(io_turn& turn, std::string& plain);
  void count_record(bool brought_data, io_turn& turn);
  void fail(std::string_view why) noexcept;
  void fail_and_tell(std::string_view why, io_turn& turn) noexcept;
  void fail_with(int code, io_turn& turn) noexcept;

  std::shared_ptr<const contexts> shared_;
  std::unique_ptr<WOLFSSL, free_connection> connection_;
  std::unique_ptr<handshake> handshake_;  // what is only needed until it is over
  std::unique_ptr<facts> facts_;
  std::string_view failure_;
  status status_ = status::handshaking;
  bool direct_tls_;
  bool said_goodbye_ = false;
  bool is_1_3_ = false;
  std::uint8_t head_seen_ = 0;      // bytes of the head of the record that is being read, 5 at the most
  std::uint16_t record_size_ = 0;   // as the head says
  std::uint16_t record_left_ = 0;   // how much of it is still to come
  std::uint16_t idle_records_ = 0;  // records that brought nothing, less those that did
  std::uint16_t suite_ = 0;         // that was agreed upon, as in the ClientHello
};

}  // namespace couplet::tls

#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "library.hpp"
#include "tls/context.hpp"

namespace couplet::tls {

/// What a ticket is bound to, besides its own content. It opens only for who asks for the same name (RFC 6066 section 3), and
/// tells which certificate its session began with: the client goes on to take that one for ours, also after a reload brought
/// another.
struct ticket_binding {
  std::string server_name;       ///< lower case; may be empty
  std::string fingerprint;       ///< of the certificate, 32 bytes
  std::string server_end_point;  ///< its channel binding data; may be empty
};

/// The parts of a ticket as the library lays them out.
struct ticket_parts {
  unsigned char* name;  ///< 16 bytes: which key, which certificate
  unsigned char* iv;    ///< 16 bytes, 12 of them used
  unsigned char* mac;   ///< 32 bytes, 16 of them used
  unsigned char* body;
  std::size_t size;
};

class ticket_keys::impl {
 public:
  explicit impl(std::int64_t now_unix);

  void rotate(std::int64_t now_unix);
  /// Seals with the newest key. False: the library failed.
  bool seal(const ticket_parts& ticket, const ticket_binding& binding);
  /// Opens in place and sets fingerprint and server_end_point of `binding`. False: not ours, too old, changed, or for another
  /// name.
  bool open(const ticket_parts& ticket, ticket_binding& binding);

 private:
  struct key {
    key();
    ~key();
    key(const key&) = delete;
    key& operator=(const key&) = delete;
    std::array<unsigned char, 8> id;
    std::array<unsigned char, 32> secret;
    std::int64_t born = 0;
  };
  struct known_certificate {
    std::string fingerprint, server_end_point;
    unsigned generation = 0;  // of the last key that a ticket with it was sealed with
  };

  void add_key(std::int64_t now_unix);

  std::mutex mutex_;
  std::deque<key> keys_;  // newest first, two at the most
  unsigned generation_ = 0;
  // By the first bytes of the fingerprint. Forgotten when no ticket with it can be opened any more.
  std::map<std::array<unsigned char, 8>, known_certificate> certificates_;
};

/// The library's callback; its context is a ticket_keys::impl, the connection's binding is found by binding_of().
int ticket_callback(WOLFSSL* ssl, unsigned char* name, unsigned char* iv, unsigned char* mac, int encrypt, unsigned char* body,
                    int size, int* out_size, void* keys);

/// What the connection that is in the middle of its handshake is bound to, for a ticket that is opened or sealed. Null: nothing
/// is known. `forget`: the ticket is to be sealed with a key that nobody keeps.
ticket_binding* binding_of(WOLFSSL* connection, bool opening, bool& forget) noexcept;

}  // namespace couplet::tls

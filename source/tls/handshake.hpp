#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "client_hello.hpp"
#include "library.hpp"
#include "tickets.hpp"
#include "tls/engine.hpp"

namespace couplet::tls {

/// What an engine needs until its handshake is over.
struct handshake {
  std::string first_bytes;  ///< until the ClientHello is whole
  client_hello hello;
  std::size_t certificate = 0;  ///< which one was chosen
  ticket_binding own;           ///< of that certificate
  ticket_binding resumed;       ///< of the session that the client wants to go on with
  client_identity client;
  bool bad_chain = false;  ///< the client sent authorities that can't be followed
  std::size_t bytes = 0;   ///< that came after the ClientHello
  unsigned records = 0;
};

/// What the library's callbacks see during one call.
struct io_turn {
  std::string_view in;
  std::string* out;
  handshake* shaking;      ///< null: it is over
  bool no_memory = false;  ///< no exception passes through the library, so this tells of it

  /// Makes this the turn of the library's next call.
  void attach(WOLFSSL* connection) noexcept {
    wolfSSL_SetIOReadCtx(connection, this);
    wolfSSL_SetIOWriteCtx(connection, this);
  }
};

constexpr std::string_view version_1_3 = "TLSv1.3";
/// What is said of a suite; without a name where it is none of ours.
protection protection_of(unsigned suite, bool is_1_3) noexcept;
/// Asks the library what was agreed upon. To be called once the handshake is over and its secrets are still kept.
std::unique_ptr<facts> collect_facts(WOLFSSL* connection, handshake& from);

/// What went wrong in the library, in its words or ours: a text that lives for ever. `open`: the handshake was over.
std::string_view failure_words(WOLFSSL* connection, int code, bool open) noexcept;

/// A fatal alert in the clear (RFC 8446 section 6), for what the library does not get to see.
void append_alert(unsigned description, std::string& out);

}  // namespace couplet::tls

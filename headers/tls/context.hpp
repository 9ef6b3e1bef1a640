#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "tls/authorities.hpp"
#include "tls/certificate.hpp"

namespace couplet::tls {

/// The keys that session tickets are sealed with (RFC 5077, RFC 8446 section 4.6.1). Shared by all contexts of the process, also
/// by those that a reload makes, so that tickets outlive it. Any thread may use it.
///
/// A key seals for `seal_seconds` and opens for as long again; then it is wiped, and a recording of yesterday's resumptions can't
/// be read with what is in memory today.
class ticket_keys {
 public:
  static constexpr std::int64_t seal_seconds = 43'200;  ///< 12 hours

  /// The first key is made at once; `now_unix` only serves as a beginning for rotate().
  explicit ticket_keys(std::int64_t now_unix);
  ~ticket_keys();
  ticket_keys(const ticket_keys&) = delete;
  ticket_keys& operator=(const ticket_keys&) = delete;

  /// To be called now and then (once a minute is plenty) by any thread: makes a new key and forgets old ones where it is time. A
  /// clock that jumps back changes nothing.
  void rotate(std::int64_t now_unix);

  class impl;  ///< of this room
  impl& inside() noexcept { return *impl_; }

 private:
  std::unique_ptr<impl> impl_;
};

/// What `contexts` are made from.
struct context_options {
  std::vector<certificate> certificates;  ///< at least one; the first is for names that no other one has
  authorities
      client_ca;  ///< where this is set clients are asked for a certificate, and need not have one. Empty: nobody is asked
  std::shared_ptr<ticket_keys> tickets;  ///< none: no tickets, each connection has a whole handshake
};

/// What every connection of the server has in common: certificates, keys, settings. Never changed after it was made: a reload
/// makes new ones and connections keep the old ones alive as long as they need them. Any thread may use it.
///
/// TLS 1.2 and 1.3; only suites with forward secrecy and authenticated encryption (ECDHE with AES-GCM or ChaCha20-Poly1305);
/// curves X25519, P-256, P-384; no compression, no renegotiation, no early data.
class contexts {
 public:
  /// The error is one line: no certificate, or an authority that expired since it was read (the name of its file).
  static base::result<std::shared_ptr<const contexts>> make(context_options options);

  ~contexts();
  contexts(const contexts&) = delete;
  contexts& operator=(const contexts&) = delete;

  /// Those it was made from, in their order.
  const std::vector<certificate>& certificates() const noexcept;
  /// The index of the certificate for a name that a client asks for (SNI, any case): exactly that name, then a wildcard for its
  /// first label, then the first certificate. Empty: the client did not ask.
  std::size_t choose(std::string_view server_name) const;
  bool asks_for_client_certificates() const noexcept;

  class impl;  ///< of this room
  const impl& inside() const noexcept { return *impl_; }

 private:
  explicit contexts(std::unique_ptr<impl> i) noexcept;
  std::unique_ptr<impl> impl_;
};

/// Gives back what the library keeps for the thread that calls it: the last thing that a thread does which has used engines. Some
/// builds of the library keep megabytes for each, others nothing.
void leave_thread() noexcept;

}  // namespace couplet::tls

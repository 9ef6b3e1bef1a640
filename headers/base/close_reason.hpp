#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/log.hpp"

namespace couplet::base {

/// Every end of a connection has a name: it stands in the log line, is counted under it, and decides
/// which stream error (RFC 6120 section 4.9.3) the peer is told. One row of the table in
/// close_reason.cpp for each.
enum class close_reason : std::uint8_t {
  none,  ///< still open
  // the peer left
  closed_by_peer,        ///< </stream:stream>
  connection_lost,       ///< end of file without </stream:stream>, or an I/O error
  stream_error_by_peer,  ///< the peer sent <stream:error/>
  // before there is a stream
  proxy_header_refused,  ///< from a network of proxies, without the header that belongs there
  proxy_timeout,         ///< the same, and nothing came, or half of it
  http_request,          ///< a browser; it was answered in its own language
  tls_handshake_failed,  ///< no TLS came of it
  tls_failed,            ///< after the handshake: a record that cannot be decrypted, a fatal alert, a flood
  // the peer broke the rules
  bad_format,            ///< not XMPP at all: the first bytes are no stream header
  bad_namespace_prefix,  ///< the root or a first-level element has a prefix it may not have
  invalid_namespace,     ///< the stream's or the content's namespace is another one
  not_well_formed,
  restricted_xml,           ///< comment, processing instruction, DTD, foreign entity reference
  unsupported_encoding,     ///< declared, or found: only UTF-8 is served
  element_too_big,          ///< over the limit in bytes
  element_too_complex,      ///< over the limit in depth, attributes or children
  unsupported_stanza_type,  ///< a first-level element that no rule knows
  unsupported_version,
  improper_addressing,  ///< no `to` where one is needed, or one that is not a JID
  host_unknown,         ///< a domain that is not served here
  host_changed,         ///< another domain after a stream restart
  invalid_from,
  not_authorized,            ///< a stanza before login, or a refused handshake
  too_many_attempts,         ///< of logging in
  plaintext_refused,         ///< a login in the clear where it is not allowed
  plaintext_after_starttls,  ///< something came behind the request, in the clear
  protocol_violation,        ///< an element in a state where it is not allowed
  // limits
  tls_timeout,  ///< of the handshake
  header_timeout,
  login_timeout,
  bind_timeout,
  idle_timeout,
  slow_consumer,         ///< did not take what it was sent
  memory_budget,         ///< the budget of all that have not logged in is used up
  too_many_connections,  ///< in all
  too_many_connects,     ///< from one address
  // the other side of the house
  name_taken,           ///< another connection has the component's name, and keeps it
  replaced,             ///< the same resource logged in again, or the same component connected
  session_ended,        ///< by the session manager, which may start another
  account_removed,      ///< on its owner's own wish, mostly
  ended_by_admin,       ///< an administrator has ended the session
  server_reset,         ///< an administrator has emptied the server
  session_refused,      ///< the session manager started none
  manager_unavailable,  ///< no link to the session manager, or it was lost
  manager_timeout,      ///< the session manager did not answer
  shutdown,
  moved,           ///< the same, and another host serves now
  internal_error,  ///< a bug of ours
  count_           ///< how many there are, not a reason
};

inline constexpr std::size_t close_reason_count = static_cast<std::size_t>(close_reason::count_);

/// What one reason means to each who hears of it.
struct close_reason_row {
  std::string_view name;       ///< snake case, as in the enumeration: log, counters
  std::string_view condition;  ///< stream error condition; empty: the peer is told none
  std::string_view text;       ///< for the <text/> of the stream error; may be empty
  log::level level;            ///< of the line that says how the connection ended
};

/// The row of a reason. Never fails.
const close_reason_row& describe(close_reason reason) noexcept;

/// How often each end happened. One for each thread that counts; add them up for the whole.
class end_counters {
 public:
  /// `reason` is one of the enumeration, not count_.
  void add(close_reason reason) noexcept { ++counts_[static_cast<std::size_t>(reason)]; }
  std::uint64_t of(close_reason reason) const noexcept { return counts_[static_cast<std::size_t>(reason)]; }
  end_counters& operator+=(const end_counters& other) noexcept;

 private:
  std::array<std::uint64_t, close_reason_count> counts_{};
};

}  // namespace couplet::base

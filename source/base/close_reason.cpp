#include "base/close_reason.hpp"

namespace couplet::base {

namespace {

/// Of its own: log::level has an `error`, and so has the room.
namespace rows {

using enum log::level;

// In the order of the enumeration. Ordinary ends and what a bad peer does are info: whoever can make the server write warnings
// can hide what matters among them. Trouble between us and the session manager is a warning, a bug of ours an error.
//
// The texts are read by people at the other end: they say what to change, and never what was sent.
constexpr std::array<close_reason_row, close_reason_count> table{{
    {"none", "", "", debug},
    {"closed_by_peer", "", "", info},
    {"connection_lost", "", "", info},
    {"stream_error_by_peer", "", "", info},

    {"proxy_header_refused", "", "", warning},
    {"proxy_timeout", "", "", info},
    {"http_request", "", "", debug},
    {"tls_handshake_failed", "", "", info},
    {"tls_failed", "", "", info},

    {"bad_format", "bad-format", "This is not an XMPP stream.", info},
    {"bad_namespace_prefix", "bad-namespace-prefix", "", info},
    {"invalid_namespace", "invalid-namespace", "", info},
    {"not_well_formed", "not-well-formed", "", info},
    {"restricted_xml", "restricted-xml", "Comments, processing instructions, DTDs and entities are not allowed.", info},
    {"unsupported_encoding", "unsupported-encoding", "Only UTF-8 is served.", info},
    {"element_too_big", "policy-violation", "The element is too big.", info},
    {"element_too_complex", "policy-violation", "The element is nested too deeply, or has too many attributes or children.",
     info},
    {"unsupported_stanza_type", "unsupported-stanza-type", "", info},
    {"unsupported_version", "unsupported-version", "Versions 1.0 and older are served.", info},
    {"improper_addressing", "improper-addressing", "The attribute to must be a domain.", info},
    {"host_unknown", "host-unknown", "This domain is not served here.", info},
    // RFC 6120 section 4.9.3.6 has host-unknown for a domain that does not fit; it tells nothing about what had been proven
    // before.
    {"host_changed", "host-unknown", "The domain must stay the same on one connection.", info},
    {"invalid_from", "invalid-from", "", info},
    {"not_authorized", "not-authorized", "", info},
    // RFC 6120 section 6.4.5: policy-violation once the retries are used up.
    {"too_many_attempts", "policy-violation", "Too many attempts to log in.", info},
    {"plaintext_refused", "policy-violation", "Encryption is required here.", info},
    {"plaintext_after_starttls", "policy-violation", "Nothing may follow starttls before TLS.", info},
    // The element may well be one we know, in a place where it is not allowed.
    {"protocol_violation", "policy-violation", "This element is not allowed here.", info},

    {"tls_timeout", "", "", info},
    {"header_timeout", "connection-timeout", "No stream header came in time.", info},
    {"login_timeout", "connection-timeout", "No login came in time.", info},
    {"bind_timeout", "connection-timeout", "No session was asked for in time.", info},
    {"idle_timeout", "connection-timeout", "Nothing came for too long.", info},
    {"slow_consumer", "policy-violation", "Too much was left unread.", info},
    {"memory_budget", "resource-constraint", "Too much is waiting to be logged in; try again later.", info},
    {"too_many_connections", "resource-constraint", "Too many connections; try again later.", info},
    {"too_many_connects", "policy-violation", "Too many connections from one address.", info},

    {"name_taken", "conflict", "This name is connected already.", info},
    {"replaced", "conflict", "Replaced by a new connection.", info},
    // Not `conflict`: clients take that for a login of the same user elsewhere, and stay away.
    {"session_ended", "reset", "The session has ended; log in again.", info},
    // XEP-0077 section 3.2.
    {"account_removed", "not-authorized", "The account is no more.", info},
    // Not `conflict`, as above.
    {"ended_by_admin", "policy-violation", "An administrator has ended the session.", info},
    {"server_reset", "reset", "An administrator has emptied the server.", info},
    {"session_refused", "policy-violation", "The session was refused.", info},
    {"manager_unavailable", "remote-connection-failed", "The session manager cannot be reached; try again later.", warning},
    {"manager_timeout", "remote-connection-failed", "The session manager did not answer; try again later.", warning},
    {"shutdown", "system-shutdown", "", info},
    {"moved", "see-other-host", "", info},
    {"internal_error", "internal-server-error", "", error},
}};

static_assert(table.back().name == "internal_error", "one row for each reason");

}  // namespace rows

constexpr const auto& table = rows::table;

}  // namespace

const close_reason_row& describe(close_reason reason) noexcept {
  const auto index = static_cast<std::size_t>(reason);
  return table[index < table.size() ? index : table.size() - 1];
}

end_counters& end_counters::operator+=(const end_counters& other) noexcept {
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  return *this;
}

}  // namespace couplet::base

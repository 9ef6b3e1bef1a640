#pragma once

#include <cstdint>
#include <string_view>

namespace couplet::sasl {

/// How a step of a login went. Everything but `ok` is told to the peer as the condition that condition_of() names.
enum class verdict : std::uint8_t {
  ok,
  malformed,           ///< not what the mechanism's grammar says, not UTF-8, or not the turn of that message
  too_long,            ///< a part of more than max_part_bytes, or a message of more than the mechanism takes
  bad_name,            ///< the name is not one an account can have
  foreign_authzid,     ///< wants to act for somebody else than the one who proves something, or than the stream's header says
  unknown_extension,   ///< SCRAM: an extension that one must understand (m=); nobody does
  wrong_flag,          ///< SCRAM: the channel binding flag contradicts the mechanism: p= without -PLUS, or -PLUS without p=
  downgraded,          ///< SCRAM: the client believes that we know no channel binding, but we offered it: somebody is in between
  unknown_binding,     ///< SCRAM: a type of channel binding that this connection does not have
  wrong_binding,       ///< SCRAM: not the data of this channel, or not the header that it began with
  wrong_nonce,         ///< SCRAM: not the nonce of this exchange: replayed
  wrong_proof,         ///< SCRAM: whoever made it does not know the password
  no_identity,         ///< EXTERNAL: the certificate is not for an account here
  ambiguous_identity,  ///< EXTERNAL: it is for several, and the client did not say which
};

/// The condition inside <failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/> (RFC 6120 section 6.5); empty for ok. A name that
/// cannot exist is answered like a wrong password, so that nobody learns from it which names do. So is what a SCRAM client got
/// wrong about this channel or this exchange, for its message is well-formed. Only what breaks the rules of the mechanism by itself is
/// malformed-request. Whatever is answered with not-authorized counts as an attempt.
std::string_view condition_of(verdict v) noexcept;

}  // namespace couplet::sasl

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/jid.hpp"
#include "sasl/verdict.hpp"

namespace couplet::sasl {

/// The longest authorization identity, name and password, in bytes: what a part of an address may have (RFC 6122 section 2.1).
inline constexpr std::size_t max_part_bytes = 1023;

/// What a client says with the mechanism PLAIN: views into the decoded message. The password is a secret: no log, no error text.
struct plain_credentials {
  std::string_view authzid;   ///< whom to act for; empty: oneself
  std::string_view authcid;   ///< the name
  std::string_view password;  ///< as it came: see prepare_password()
};

/// Reads the message of RFC 4616 section 2, [authzid] NUL authcid NUL passwd, after base64 was taken off. `out` is
/// changed only where the answer is ok, and points into `message`.
verdict parse_plain(std::string_view message, plain_credentials& out) noexcept;

/// Finds out whose account this is: authcid@domain, prepared. An authcid that is a whole bare address of that domain is taken
/// too, as some clients send it. An authzid must be the same bare address: nobody acts for anybody else
/// here. `domain` is prepared. `who` is changed only where the answer is ok; whether the password fits is not asked here.
verdict identify(const plain_credentials& credentials, std::string_view domain, base::jid& who);

/// A password in the form in which two of them are compared (SASLprep, RFC 4013), where both sides are ours: RFC 4616 section
/// 2 wants both the stored one and the given one prepared. A password that SASLprep refuses stays as it is, byte for byte: it
/// was good enough when the account was made, and being compared in bytes makes it no weaker. Passwords for an outside session
/// manager are passed on unprepared, since we do not know how it keeps them, and clients of jabber:iq:auth do not prepare theirs.
std::string prepare_password(std::string_view password);

}  // namespace couplet::sasl

#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/jid.hpp"
#include "sasl/verdict.hpp"

namespace couplet::sasl {

/// Finds out whose account EXTERNAL opens (XEP-0178 section 2). `xmpp_addrs`: the id-on-xmppAddr entries of a certificate that has been
/// verified, or where it has none, its rfc822Name entries, with the key proven, as they stand there; those that are no bare JID at `domain` (prepared) count for nothing. Nothing else
/// in a certificate names an account: no distinguished name (SECURITY 54), no dNSName. `authzid`: decoded; empty: not given.
///
/// With an authzid it must be one of those addresses, compared as JIDs; without one there must be exactly one. `who` is changed only where
/// the answer is ok. Whether there is such an account is not asked here.
verdict identify_external(std::span<const std::string> xmpp_addrs, std::string_view authzid, std::string_view domain,
                          base::jid& who);

}  // namespace couplet::sasl

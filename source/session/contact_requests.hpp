#pragma once

#include <string>

#include "address.hpp"
#include "core.hpp"
#include "stanza_head.hpp"

/// What the server answers for an account to somebody else (RFC 6121 section 8.5.2.1.3), and to how much of it that one has a right: what tells
/// whether somebody is there is for those only who have a subscription to the account's presence (`from` or `both` in its roster).
namespace couplet::session {

/// A request to the bare JID of an account of this partition.
void answer_for_contact(core& c, std::string&& xml, const stanza_head& head, const account_table::entry& owner, effects& out);

/// A request to a bare JID without an account: as if there were one that the sender has no right to see (XEP-0030 section 8).
void answer_for_nobody(core& c, std::string&& xml, const stanza_head& head, effects& out);

/// Whether the contact has a subscription to the owner's presence; asked of the storage, since nobody of the account need be there. `kept`:
/// bytes that `then` holds.
void when_known_to_be_subscribed(core& c, std::string_view owner, std::string_view contact, std::size_t kept,
                                 std::function<void(core& c, bool subscribed, effects& out)> then, effects& out);

}  // namespace couplet::session

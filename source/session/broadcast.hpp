#pragma once

#include <string>
#include <string_view>

#include "contacts.hpp"
#include "core.hpp"

/// Presence on its way to contacts (RFC 6121 sections 4.2.2, 4.4.2, 4.5.2).
namespace couplet::session {

/// Appends a stanza that has no `to`, with this one.
void append_with_to(std::string& out, std::string_view xml, std::string_view to);

/// Sends a copy of presence, which has no `to`, to the bare JID of somebody who may see it: straight to his sessions where they
/// are in this partition.
void send_presence(core& c, std::string_view presence, std::string_view jid, effects& out);

/// To all contacts with a subscription.
void send_to_subscribers(core& c, const contacts& known, std::string_view presence, effects& out);

/// <presence type='unavailable'/> of a session; `why` is for people, may be empty. A text of the pool.
std::string unavailable_presence(const session& s, std::string_view why);

}  // namespace couplet::session

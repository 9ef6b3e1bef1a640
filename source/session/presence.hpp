#pragma once

#include <string>
#include <string_view>

#include "address.hpp"
#include "core.hpp"
#include "stanza_head.hpp"

/// Presence of an account's sessions among each other, and to those whom a session told directly (RFC 6121 sections 4.2 to 4.6).
/// There are no rosters: nobody else is told.
namespace couplet::session {

/// Presence of a session that is addressed to nobody.
void on_own_presence(core& c, session& s, std::string&& xml, const stanza_head& head, effects& out);

/// Before directed presence is routed: remembers whom the session told. False: it is taken, because there are too many.
bool note_directed_presence(core& c, session& s, std::string& xml, const stanza_head& head, const stanza_address& to,
                            effects& out);

/// A probe: the account's own sessions learn who else is available. Others learn nothing, since nobody has a subscription.
void answer_probe(core& c, std::string&& xml, const stanza_head& head, account_table::entry& owner, effects& out);

/// Tells that a session is gone that the table does not hold any more. `why` is for people, may be empty.
void announce_end(core& c, const session& ended, std::string_view why, effects& out);

}  // namespace couplet::session

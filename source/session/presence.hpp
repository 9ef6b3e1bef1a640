#pragma once

#include <string>
#include <string_view>

#include "address.hpp"
#include "core.hpp"
#include "stanza_head.hpp"

/// Presence of an account's sessions: among each other, to contacts with a subscription, and to those whom a session told directly
/// (RFC 6121 sections 4.2 to 4.6).
namespace couplet::session {

/// Presence of a session that is addressed to nobody. Contacts may have to be loaded first.
void on_own_presence(core& c, session& s, std::string&& xml, const stanza_head& head, effects& out);

/// Before directed presence is routed: remembers whom the session told. False: it is taken, because there are too many.
bool note_directed_presence(core& c, session& s, std::string& xml, const stanza_head& head, const stanza_address& to,
                            effects& out);

/// Where the contacts are at hand: the session is available from now on, says something else, or is available no more.
void broadcast_presence(core& c, session& s, std::string&& xml, const stanza_head& head, effects& out);

/// The session says of itself what it has said before, with something put in by the server.
void repeat_presence(core& c, const session& s, std::string_view xml, effects& out);

/// Tells that a session is gone that the table does not hold any more. `why` is for people, may be empty.
void announce_end(core& c, const session& ended, std::string_view why, effects& out);

}  // namespace couplet::session

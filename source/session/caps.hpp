#pragma once

#include <string_view>

#include "core.hpp"
#include "stanza_head.hpp"

/// Entity capabilities (XEP-0115): what the clients of this partition's sessions can do is asked of one of those whose presence has the same
/// hash, and used for all of them where the hash fits (section 5.4), otherwise for that session alone. It is needed for one thing: of which
/// events a client wants to hear (XEP-0163 section 4.3.2).
namespace couplet::session {

/// A session's presence: what it says of its client is looked up, or asked of the client. `is_initial`: it was not available before.
void note_capabilities(core& c, session& s, bool is_initial, effects& out);

/// Whether an iq of a session to the server is the answer to such a question: it is taken then.
bool take_capabilities(core& c, session& s, std::string_view xml, const stanza_head& head, effects& out);

/// A session that the table does not hold any more: if its client was asked, another one is.
void forget_capabilities(core& c, const session& ended, effects& out);

/// Whether the session's client wants to hear of events of the node.
bool wants_events(const session& s, std::string_view node) noexcept;

}  // namespace couplet::session

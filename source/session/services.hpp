#pragma once

#include <string>

#include "address.hpp"
#include "core.hpp"
#include "stanza_head.hpp"

/// The requests that the server answers itself: ping (XEP-0199), service discovery (XEP-0030), version (XEP-0092), and
/// registration (XEP-0077) to its own clients.
namespace couplet::session {

/// A request to a domain that is served. `own`: the session that sent it, null where it came from elsewhere.
void answer_for_server(core& c, std::string&& xml, const stanza_head& head, session* own, const stanza_address& to, effects& out);

/// A request of a session to its own account: to its bare JID or to nobody (RFC 6120 section 10.3.3).
void answer_for_account(core& c, std::string&& xml, const stanza_head& head, session& own, effects& out);

}  // namespace couplet::session

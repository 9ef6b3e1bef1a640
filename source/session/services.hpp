#pragma once

#include <string>
#include <string_view>

#include "address.hpp"
#include "core.hpp"
#include "stanza_head.hpp"

/// The requests that the server answers itself: ping (XEP-0199), service discovery (XEP-0030) with its contacts (XEP-0157), version (XEP-0092),
/// time (XEP-0202), last activity (XEP-0012), and to its own clients registration (XEP-0077), private XML (XEP-0049) and vCards (XEP-0054).
namespace couplet::session {

/// A request to a domain that is served. `own`: the session that sent it, null where it came from elsewhere.
void answer_for_server(core& c, std::string&& xml, const stanza_head& head, session* own, const stanza_address& to, effects& out);

/// The answer to who asks for items where there are none, or none for him.
inline constexpr std::string_view no_items = "<query xmlns='http://jabber.org/protocol/disco#items'/>";
/// What the server is and can do. `node`: that was asked about, empty: none.
void append_server_info(std::string& out, const settings& s, std::string_view node);
/// What an account is and can do, to those who may know.
void append_account_info(std::string& out, const settings& s);

/// A request of a session to its own account: to its bare JID or to nobody (RFC 6120 section 10.3.3).
void answer_for_account(core& c, std::string&& xml, const stanza_head& head, session& own, effects& out);

}  // namespace couplet::session

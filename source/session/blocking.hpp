#pragma once

#include <string>
#include <string_view>

#include "address.hpp"
#include "core.hpp"
#include "stanza_head.hpp"
#include "xml/element.hpp"

/// Blocking (XEP-0191): whom an account does not want to hear of, nor be seen by. Politely: subscriptions stay as they are.
namespace couplet::session {

/// Whether the account has blocked the address. Its own sessions and the server itself never are.
bool is_blocked(const core& c, std::string_view owner, const stanza_address& who);

/// Whether nothing may pass from one to the other, because one of them, an account of this partition, has blocked the other. `from` as it stands
/// in a stanza.
bool is_cut(const core& c, std::string_view from, std::string_view to_jid);

/// What comes from a blocked address to an account of this partition is not delivered, and answered as by one who is not there. True: it is
/// taken.
bool refuse_from_blocked(core& c, std::string& xml, const stanza_head& head, const stanza_address& to, effects& out);

/// What a session sends to a blocked address is answered with an error (section 3.3). True: it is taken.
bool refuse_to_blocked(core& c, const session& s, std::string& xml, const stanza_head& head, const stanza_address& to,
                       effects& out);

/// Whether a session's request to its own account is about its list.
bool is_blocking_request(const xml::element& payload) noexcept;
void answer_blocking_request(core& c, std::string&& xml, const stanza_head& head, const xml::element& payload, session& own,
                             effects& out);

}  // namespace couplet::session

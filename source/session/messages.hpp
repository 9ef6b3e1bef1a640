#pragma once

#include <string>
#include <string_view>

#include "address.hpp"
#include "core.hpp"
#include "stanza_head.hpp"

/// What becomes of messages at their sender's account and at their receiver's (RFC 6121 section 8.5).
namespace couplet::session {

/// A session's message, before it is on its way: its account's part. The head stays good.
void note_sent(core& c, const session& sender, std::string& xml, const stanza_head& head, const stanza_address& to, effects& out);

/// To an account of this partition. `resource`: empty for the bare JID.
void deliver_message(core& c, std::string&& xml, const stanza_head& head, std::string_view resource, account_table::entry& owner,
                     effects& out);

/// Whether it is one that the account made for one of its own sessions: a copy, or a part of its archive. Nobody else has a use for it.
bool is_for_one_session(const stanza_head& head);

}  // namespace couplet::session

#pragma once

#include <string>
#include <string_view>

#include "address.hpp"
#include "core.hpp"
#include "stanza_head.hpp"

/// Subscription stanzas at the user's server and at the contact's (RFC 6121 section 3). Where contacts are needed,
/// with_contacts() calls.
namespace couplet::session {

/// Whether stanzas can get there at all: a domain that is served, or others are.
bool is_reachable(const core& c, std::string_view jid);

/// A presence stanza of this type between bare JIDs, a text of the pool.
std::string subscription_stanza(std::string_view type, std::string_view from, std::string_view to);

/// One that a session sends; `to` is somebody's bare JID or a resource of his. Contacts may have to be loaded first.
void send_subscription(core& c, session& s, std::string&& xml, const stanza_head& head, const stanza_address& to, effects& out);

/// One to an account of this partition, which may not exist (section 8.5.1).
void receive_subscription(core& c, std::string&& xml, const stanza_head& head, const stanza_address& to, effects& out);

/// The account is going to be removed: its contacts are told, where they are in memory. Others hear of it when they ask (section 4.3.2).
void end_subscriptions(core& c, const account_table::entry& owner, effects& out);

/// Outbound, contacts at hand.
void on_own_subscription(core& c, account_table::entry& owner, std::string&& xml, const stanza_head& head, effects& out);
/// Inbound, contacts at hand.
void on_contact_subscription(core& c, account_table::entry& owner, std::string&& xml, const stanza_head& head, effects& out);

}  // namespace couplet::session

#pragma once

#include <string>
#include <string_view>

#include "address.hpp"
#include "core.hpp"
#include "stanza_head.hpp"

/// Presence probes (RFC 6121 section 4.3).
namespace couplet::session {

/// Of a session that has become available: it learns who of those is there whose presence the account may see (4.2.2, 4.3.1).
void probe_contacts(core& c, session& s, effects& out);

/// A probe that a server sends by itself, from another partition: accounts without anybody online are not loaded for it.
void answer_server_probe(core& c, std::string&& xml, effects& out);

/// To an account of this partition, which may not exist. The account's own sessions learn who else is available.
void on_probe(core& c, std::string&& xml, const stanza_head& head, const stanza_address& to, effects& out);

/// Of somebody else, where the contacts are at hand (4.3.2).
void answer_contact_probe(core& c, std::string&& xml, const stanza_head& head, account_table::entry& owner, effects& out);

}  // namespace couplet::session

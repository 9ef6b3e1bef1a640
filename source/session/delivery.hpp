#pragma once

#include <string>

#include "address.hpp"
#include "answers.hpp"
#include "core.hpp"
#include "stanza_head.hpp"

/// Who gets a stanza: RFC 6121 section 8. The functions take the stanza; heads and addresses are views of it.
namespace couplet::session {

/// To the session's client.
void push(core& c, const session& s, std::string&& xml, effects& out);

/// A stanza that carries to and from finds its way: to a session, to an account's sessions, to the server itself, to another
/// partition, or back as an error.
void route_stanza(core& c, std::string&& xml, const stanza_head& head, const stanza_address& to, effects& out);
void route_stanza(core& c, std::string&& xml, effects& out);

/// As if addressed to the bare JID of an account of this partition (section 8.5.2).
void deliver_to_bare(core& c, std::string&& xml, const stanza_head& head, account_table::entry& owner, effects& out);

/// Answers with a stanza error, unless it is an error or a result itself, or nobody sent it.
void answer_error(core& c, std::string&& xml, const stanza_head& head, condition why, effects& out);

/// Answers what is no stanza of a client's namespace, or lacks what a stanza must have. True: it is taken.
bool refuse_malformed(core& c, std::string&& xml, const stanza_head& head, effects& out);

}  // namespace couplet::session

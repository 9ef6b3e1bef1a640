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

/// Nobody is there to take it (sections 8.5.1, 8.5.2.2, 8.5.3.2): the sender of a message or request is told, in the same words whether the
/// account exists or not. Presence and headlines vanish, as do errors and results.
void no_recipient(core& c, std::string&& xml, const stanza_head& head, effects& out);

/// Whether there is a session of the account that `wanted` chooses.
template <class Wanted>
bool any_of(core& c, const account_table::entry& owner, Wanted wanted) {
  bool found = false;
  c.sessions.each_of(owner, [&](const session& s) { found = found || wanted(s); });
  return found;
}

/// To all sessions of the account that `wanted` chooses; the last one gets the original. False: there is none, nothing is taken.
template <class Wanted>
bool push_to_all(core& c, std::string& xml, const account_table::entry& owner, Wanted wanted, effects& out) {
  const session* last = nullptr;
  c.sessions.each_of(owner, [&](const session& s) {
    if (!wanted(s)) return;
    if (last != nullptr) push(c, *last, copy_of(xml), out);
    last = &s;
  });
  if (last == nullptr) return false;
  push(c, *last, std::move(xml), out);
  return true;
}

/// As if addressed to the bare JID of an account of this partition (section 8.5.2).
void deliver_to_bare(core& c, std::string&& xml, const stanza_head& head, account_table::entry& owner, effects& out);

/// Appends a stanza as <forwarded/> holds it (XEP-0297): its namespace is declared, since the wrapper has another.
void append_forwarded(std::string& out, std::string_view xml, const stanza_head& head);

/// Answers with a stanza error, unless it is an error or a result itself, or nobody sent it.
void answer_error(core& c, std::string&& xml, const stanza_head& head, condition why, effects& out);

/// Answers what is no stanza of a client's namespace, or lacks what a stanza must have. True: it is taken.
bool refuse_malformed(core& c, std::string&& xml, const stanza_head& head, effects& out);

}  // namespace couplet::session

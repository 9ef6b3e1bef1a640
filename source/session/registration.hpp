#pragma once

#include <optional>
#include <string>

#include "address.hpp"
#include "answers.hpp"
#include "core.hpp"
#include "stanza_head.hpp"
#include "xml/element.hpp"

/// In-band registration (XEP-0077), where the settings allow it.
namespace couplet::session {

/// Appends what a registration query asks for: the fields, with the account's name if there is one.
void append_registration_form(std::string& out, const account_table::entry* registered);

/// Before login: makes the account that `who` names. Nothing: it is made, or will be by the request in `later`; otherwise why it is not.
std::optional<condition> register_account(core& c, const base::jid& who, const xml::element& query,
                                          std::optional<account_request>& later);

/// Of a logged-in session, about its own account and no other: the form, a new password, or the end of it.
void answer_registration(core& c, std::string&& xml, const stanza_head& head, const xml::element& query, session& own,
                         effects& out);

/// Hands a request over, and keeps whom to tell. Precondition: there is place among those that are pending.
void ask_storage(core& c, account_request&& r, pending_request&& p, effects& out);
/// What came of it: the account is made, or gone, and who asked is told.
void on_account_answer(core& c, std::uint64_t number, account_outcome what, effects& out);

}  // namespace couplet::session

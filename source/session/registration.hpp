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

/// Whether somebody may make one more account by himself.
bool has_place_for_account(const core& c) noexcept;

/// Before login: makes the account that `who` names. Nothing: it is made, or will be by the request in `later`; otherwise why it is not.
std::optional<condition> register_account(core& c, const base::jid& who, const xml::element& query,
                                          std::optional<account_request>& later);

/// Only the operator changes what the configuration says, where anything else is to last: after a restart it would be back.
bool is_the_operators(const core& c, const account_table::entry& owner);
/// The account is no more, with all that is stored under its name: contacts in memory and its clients are told.
void erase_account(core& c, account_table::entry& owner, effects& out);

/// Of a logged-in session, about its own account and no other: the form, a new password, or the end of it.
void answer_registration(core& c, std::string&& xml, const stanza_head& head, const xml::element& query, session& own,
                         effects& out);

/// Hands a request over, and keeps whom to tell. Precondition: there is place among those that are pending.
void ask_storage(core& c, account_request&& r, pending_request&& p, effects& out);
/// What came of it: the account is made, or gone, and who asked is told.
void on_account_answer(core& c, std::uint64_t number, account_outcome what, effects& out);

}  // namespace couplet::session

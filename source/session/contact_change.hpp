#pragma once

#include <string>
#include <string_view>

#include "contact_work.hpp"
#include "core.hpp"

namespace couplet::session {

/// What is stored comes into memory, and everybody is told: roster pushes, own sessions, the contact, who asked.
void carry_out(core& c, account_table::entry& owner, contact_change&& change, effects& out);

/// To the contact, of each session of the account that is available: what it last said, or that it is not there any more.
void tell_contact(core& c, account_table::entry& owner, std::string_view jid, contact_change::presence what, effects& out);

}  // namespace couplet::session

#pragma once

#include <string>

#include "address.hpp"
#include "core.hpp"
#include "stanza_head.hpp"

/// Who has logged in or is gone, told to those whom --notify names.
namespace couplet::session {

/// Delivered like any message, from DOMAIN/HEX16 of a client of this process, or DOMAIN/NODE@NAME of a client of another c2s: so an error
/// comes back to the server, wherever it is from, and whom the notice is for can tell it from what a client wrote.
void on_notice(core& c, route::notice&& m, effects& out);

/// Whether an error to the server is about a notice.
bool is_returned_notice(const stanza_head& head, const stanza_address& to) noexcept;
/// Counts it, or has the c2s do so whose client it was about.
void take_returned_notice(core& c, std::string&& xml, const stanza_head& head, const stanza_address& to, effects& out);

}  // namespace couplet::session

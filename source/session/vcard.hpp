#pragma once

#include <string>
#include <string_view>

#include "core.hpp"
#include "stanza_head.hpp"

/// vCards (XEP-0054): what an account says of itself, to everybody who asks.
namespace couplet::session {

/// Of a session, to its own account: read or replaced.
void answer_own_vcard(core& c, std::string&& xml, const stanza_head& head, const session& own, effects& out);

/// Of somebody else. Where there is none, the answer is the same as for an account that does not exist (section 3.3).
void answer_vcard_of(core& c, std::string&& xml, const stanza_head& head, std::string_view owner, effects& out);

}  // namespace couplet::session

#pragma once

#include <string>
#include <string_view>

/// Unique stanza ids (XEP-0359).
namespace couplet::session {

/// Takes out what somebody else wrote in the name of this account: <stanza-id/> elements directly below the message whose `by` is its bare JID.
/// In place, in one pass: what stands before the first of them stays where it is. Whether there was one.
bool strip_stanza_ids(std::string& message, std::string_view bare_jid);

/// Puts <stanza-id/> behind all that is in the message, which must have content.
void append_stanza_id(std::string& message, std::string_view bare_jid, std::string_view id);

}  // namespace couplet::session

#pragma once

#include <optional>
#include <string>

#include "core.hpp"
#include "stanza_head.hpp"

/// Messages that wait for somebody who is not there (XEP-0160). A page of them goes to one session, with a request behind it (XEP-0199); when that is
/// answered the client has them all, so they are removed, and the next page follows. Whatever happens before, they are there still.
namespace couplet::session {

/// Whether a message that nobody can be given now is kept.
bool is_kept_for_later(const core& c, const account_table::entry& owner, std::string_view xml, const stanza_head& head);

/// Keeps it, or tells its sender why not. `record`: its place in the archive, if it has one and is kept.
void keep_for_later(core& c, std::string&& xml, account_table::entry& owner, std::optional<archive_message> record, effects& out);

/// The session takes messages now: it is given what waits, unless another one is.
void offer_offline(core& c, session& s, effects& out);

/// An iq of a session that may be the answer behind a page. True: it was.
bool is_page_taken(core& c, session& s, const stanza_head& head, effects& out);

/// The session is about to end: another one goes on where it was.
void leave_offline(core& c, session& s, effects& out);

/// Whether a message that comes back from a client is one of a page: it has not been removed.
bool is_still_kept(const core& c, std::string_view xml, const stanza_head& head);

}  // namespace couplet::session

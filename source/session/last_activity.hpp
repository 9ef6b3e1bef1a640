#pragma once

#include <string>
#include <string_view>

#include "core.hpp"

/// Last activity (XEP-0012): how long the server runs, and since when an account has nobody who is available.
namespace couplet::session {

/// A session of the account is not available any more. `presence`: what its client said at last; empty: nothing. Stored where it was the last one.
void note_unavailable(core& c, const account_table::entry& owner, std::string_view presence, effects& out);

/// Appends the query with this many seconds.
void append_last_activity(std::string& out, std::int64_t seconds, std::string_view status = {});

/// Answers for an account, to somebody who may know. `iq`: the request's first tag.
void answer_last_activity_of(core& c, std::string_view owner, std::string iq, effects& out);

}  // namespace couplet::session

#pragma once

#include <string_view>

#include "core.hpp"

/// How sessions begin and end.
namespace couplet::session {

void on_session_start(core& c, route::session_start&& m, effects& out);

/// type='error' from a c2s: the session's client is gone; what it was not given any more goes elsewhere or back.
void on_failure(core& c, route::failure&& m, effects& out);

void on_c2s_gone(core& c, std::string_view c2s_domain, effects& out);

/// Ends all sessions of an account; their clients are told `why`.
void end_all_sessions(core& c, account_table::entry& owner, std::string_view why, effects& out);

/// The session that an address of a route names: by handle, or by the text USER@HOST/HEX16.
session* session_at(core& c, const route::address& where);

/// Whether a route from there may speak for the session.
bool comes_from(const session& s, const route::address& from) noexcept;

}  // namespace couplet::session

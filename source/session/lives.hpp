#pragma once

#include <optional>
#include <string_view>

#include "base/jid.hpp"
#include "core.hpp"

/// How sessions begin and end.
namespace couplet::session {

void on_session_start(core& c, route::session_start&& m, effects& out);

/// What came of asking for a session.
struct beginning {
  session* opened = nullptr;  ///< null: refused
  std::string_view refused;   ///< why, in words
  session replaced;           ///< the older one of the same resource; no owner: there was none
  route::address replaced_address;
};
/// Puts a session of this full JID into the table, in place of an older one, which has to hear of it afterwards: tell_replaced().
beginning open_session(core& c, const std::optional<base::jid>& who, const route::address& c2s);
void tell_replaced(core& c, beginning&& b, effects& out);

/// What is in memory only for its sessions goes with the last one: contacts, and all of a guest. What is at work is forgotten when that is done.
void forget(core& c, account_table::entry& owner, effects& out);

/// The session's client is gone.
void end_session(core& c, session& s, effects& out);

/// type='error' from a c2s: the session's client is gone; what it was not given any more goes elsewhere or back.
void on_failure(core& c, route::failure&& m, effects& out);

void on_c2s_gone(core& c, std::string_view c2s_domain, effects& out);

/// Ends one session; its client is told `why`. A guest's account may be gone afterwards.
void end_session_of(core& c, session& s, std::string_view why, effects& out);
/// The same for those of an account, or the one of a resource (empty: all), apart from the session `but_not` (0: none). Answers how many.
std::size_t end_sessions_of(core& c, account_table::entry& owner, std::string_view resource, std::uint64_t but_not,
                            std::string_view why, effects& out);

/// Ends all sessions of an account; their clients are told `why`.
void end_all_sessions(core& c, account_table::entry& owner, std::string_view why, effects& out);

/// The session that an address of a route names: by handle, or by the text USER@HOST/HEX16.
session* session_at(core& c, const route::address& where);

/// Whether a route from there may speak for the session.
bool comes_from(const session& s, const route::address& from) noexcept;

}  // namespace couplet::session

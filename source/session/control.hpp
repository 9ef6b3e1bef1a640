#pragma once

#include <string>
#include <string_view>

#include "core.hpp"

/// Session control (etc/PROTOCOL.md, 9): sessions whose c2s has checked the login, and names them by sc:sm, which is the handle in hex.
namespace couplet::session {

/// A command. `start` and `end` are obeyed, others refused; always answered, unless it is an answer itself.
void on_session_control(core& c, route::session_control&& m, effects& out);

/// The session that began by session control under this name; null: there is none.
session* session_named(core& c, std::string_view sm);

/// sc:sm of a session, a text of the pool.
std::string name_of(std::uint64_t handle);

/// Tells a c2s that a session which the table does not hold any more has ended.
void say_ended(const session& ended, std::uint64_t handle, std::string_view why, effects& out);

}  // namespace couplet::session

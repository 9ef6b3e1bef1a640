#pragma once

#include <optional>

#include "answers.hpp"
#include "core.hpp"

namespace couplet::session {

/// An auth route: jabber:iq:auth (XEP-0078) or jabber:iq:register before login. Always answered where there is somebody to
/// answer; a login that succeeds leaves no state. Answers repeat nothing of the request but its id: it holds a password.
void on_auth(core& c, route::auth&& m, effects& out);

/// The answer to a request that was made before a login. Nothing: it is granted.
void answer_login(pending_request&& p, std::optional<condition> refused, effects& out);

}  // namespace couplet::session

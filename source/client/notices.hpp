#pragma once

#include <string>
#include <string_view>

#include "tls/engine.hpp"

namespace couplet::client {

/// What a notice tells.
enum class change : unsigned char { login, logout };

/// Appends the <update/> of a notice (etc/PROTOCOL.md, 10). `jid`: the full one. `address`: net::local_address where the client has none;
/// there is no <ip/> then. `by`: without a version there is no <tls/>.
void append_update(std::string& out, std::string_view jid, change what, std::string_view address, const tls::protection& by);

}  // namespace couplet::client

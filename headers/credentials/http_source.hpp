#pragma once

#include <memory>

#include "base/result.hpp"
#include "credentials/options.hpp"
#include "credentials/source.hpp"

namespace couplet::credentials {

/// A source that asks an HTTP service whether a password is right:
///
///     POST <the URL> HTTP/1.1
///     Content-Type: application/x-www-form-urlencoded
///
///     user=romeo&server=example.net&pass=secret
///
/// `user` and `server` are prepared, `pass` is as the client sent it, all in UTF-8. The names are those that other servers' modules
/// use (ejabberd_auth_http: check_password), except that they never stand in the URL, which ends up in logs.
///
/// | answer                                             | means       |
/// |----------------------------------------------------|-------------|
/// | 200 and the body `true`                            | right       |
/// | 200 and the body `false`; 401; 403                 | wrong       |
/// | any other status or body, no answer in time, none  | unavailable |
///
/// White space around the word does not matter. A redirection is not followed (it is another status), and no proxy is used. Connections
/// are kept. Certificate and host name are always verified.
///
/// The library libcurl is loaded here, so that those who don't ask HTTP services don't carry it. The error is that of
/// fault_of().
base::result<std::unique_ptr<source>> make_http_source(http_options o);

}  // namespace couplet::credentials

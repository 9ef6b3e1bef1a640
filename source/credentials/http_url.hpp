#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "curl_library.hpp"

namespace couplet::credentials {

/// What is wrong with the URL of a service that gets passwords, if anything. Read by libcurl, which is to use it, so that both agree
/// on which host it names. The URL itself is not in the text: what is wrong with it may be a password.
std::optional<std::string> fault_of_url(const curl_library& curl, const std::string& url);

/// Whether a host, as libcurl writes it, is this machine and no other: 127.0.0.0/8, [::1], or localhost, which libcurl looks up nowhere.
bool is_loopback_host(std::string_view host) noexcept;

}  // namespace couplet::credentials

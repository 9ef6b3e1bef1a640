#pragma once

#include <string>
#include <string_view>

namespace couplet::tls {

/// A domain as it stands in certificates and in a ClientHello: ASCII (xn--…, RFC 3490), lower case, without a dot at its end.
/// Empty: it can't stand there.
std::string ascii_domain(std::string_view domain);

/// The domain with its first label replaced, "*.example.net"; empty where nothing or only one label would be left.
std::string wildcard_for(std::string_view ascii);

}  // namespace couplet::tls

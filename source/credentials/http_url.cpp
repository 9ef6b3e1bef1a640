#include "http_url.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <memory>

namespace couplet::credentials {

namespace {

/// A part of a URL; empty where there is none.
std::string part_of(const curl_library& curl, CURLU* url, CURLUPart which) {
  char* text = nullptr;
  if (curl.url_get(url, which, &text, 0) != CURLUE_OK || text == nullptr) return {};
  std::string part = text;
  curl.free(text);
  return part;
}

}  // namespace

bool is_loopback_host(std::string_view host) noexcept {
  if (host == "localhost") return true;
  try {
    if (host.starts_with('[') && host.ends_with(']')) {
      in6_addr six{};
      const std::string text(host.substr(1, host.size() - 2));
      return ::inet_pton(AF_INET6, text.c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
    }
    in_addr four{};
    const std::string text(host);
    return ::inet_pton(AF_INET, text.c_str(), &four) == 1 && (ntohl(four.s_addr) >> 24U) == 127;
  } catch (...) {
    return false;
  }
}

std::optional<std::string> fault_of_url(const curl_library& curl, const std::string& text) {
  const std::unique_ptr<CURLU, decltype(curl.url_cleanup)> url(curl.url(), curl.url_cleanup);
  if (!url) return "no memory";
  const auto not_read = curl.url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME);
  if (not_read != CURLUE_OK) return std::string("expected a URL: ") + curl.url_strerror(not_read);
  const auto scheme = part_of(curl, url.get(), CURLUPART_SCHEME);
  const auto host = part_of(curl, url.get(), CURLUPART_HOST);
  if (scheme != "http" && scheme != "https") return "expected a URL that begins with https:// or http://";
  if (scheme == "http" && !is_loopback_host(host)) {
    return "expected https: over plain http passwords may only go to a loopback address, and " + host + " is none";
  }
  for (const auto secret : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_OPTIONS}) {
    if (!part_of(curl, url.get(), secret).empty()) return "expected a URL without a name or password before the host";
  }
  if (!part_of(curl, url.get(), CURLUPART_FRAGMENT).empty()) return "expected a URL without #";
  return std::nullopt;
}

}  // namespace couplet::credentials

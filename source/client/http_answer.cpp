#include "http_answer.hpp"

namespace couplet::client {

std::string http_answer(std::string_view redirect) {
  const std::string_view text = redirect.empty() ? "This port speaks XMPP, not HTTP.\n" : "See there.\n";
  std::string out = redirect.empty() ? "HTTP/1.1 400 Bad Request\r\n" : "HTTP/1.1 302 Found\r\n";
  if (!redirect.empty()) ((out += "Location: ") += redirect) += "\r\n";
  out += "Content-Type: text/plain; charset=utf-8\r\nConnection: close\r\nContent-Length: ";
  out += std::to_string(text.size());
  (out += "\r\n\r\n") += text;
  return out;
}

}  // namespace couplet::client

#include "net/http_answer.hpp"

namespace couplet::net {

std::string http_answer(std::string_view request, std::string_view redirect) {
  const bool head = request.starts_with("HEAD ");
  const bool sent_on = !redirect.empty() && (head || request.starts_with("GET "));
  const std::string_view text = sent_on ? "See there.\n" : "This port speaks XMPP, not HTTP.\n";
  std::string out = sent_on ? "HTTP/1.1 302 Found\r\nLocation: " : "HTTP/1.1 400 Bad Request\r\n";
  if (sent_on) (out += redirect) += "\r\n";
  out += "Content-Type: text/plain; charset=utf-8\r\nConnection: close\r\nContent-Length: ";
  (out += std::to_string(text.size())) += "\r\n\r\n";
  if (!head) out += text;
  return out;
}

}  // namespace couplet::net

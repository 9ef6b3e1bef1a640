#include "http_protocol.hpp"

namespace couplet::credentials {

using verdict = sasl::answer::verdict;

namespace {

/// As forms are encoded by browsers, but for blanks, for which every reader takes %20 as well.
void append_encoded(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  constexpr std::string_view as_they_are = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._*";
  for (const char c : text) {
    if (as_they_are.find(c) != std::string_view::npos) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out.append(1, '%').append(1, digits[byte >> 4U]).append(1, digits[byte & 15U]);
    }
  }
}

std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const auto begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

}  // namespace

std::string http_form(const sasl::question& q) {
  std::string out;
  // At once: a text that grows leaves the password behind where it was.
  out.reserve(32 + 3 * (q.who.bare().size() + q.password.size()));
  append_encoded(out.append("user="), q.who.node());
  append_encoded(out.append("&server="), q.who.domain());
  append_encoded(out.append("&pass="), q.password);
  return out;
}

finding judge_http(long status, std::string_view body) {
  if (status == 401 || status == 403) return finding(verdict::wrong);
  if (status != 200) return finding(verdict::unavailable, "HTTP status " + std::to_string(status));
  const auto word = without_blanks(body);
  if (word == "true") return finding(verdict::right);
  if (word == "false") return finding(verdict::wrong);
  return finding(verdict::unavailable, "HTTP status 200, but the body is neither true nor false");
}

}  // namespace couplet::credentials

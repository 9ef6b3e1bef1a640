#include "tls/first_bytes.hpp"

#include <array>

namespace couplet::tls {

namespace {

constexpr std::string_view blanks = " \t\r\n";
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
constexpr std::string_view tls_begins = "\x16\x03";
constexpr std::array<std::string_view, 11> methods{"GET ",    "HEAD ",  "POST ",  "PUT ",   "OPTIONS ", "CONNECT ",
                                                   "DELETE ", "PATCH ", "TRACE ", "PRI * ", "PROPFIND "};

/// `text` begins with `whole`, or is its beginning.
opening compare(std::string_view text, std::string_view whole, opening meaning) noexcept {
  if (text.starts_with(whole)) return meaning;
  return whole.starts_with(text) ? opening::need_more : opening::unknown;
}

opening look_for_xml(std::string_view text) noexcept {
  const auto at = text.find_first_not_of(blanks);
  if (at == std::string_view::npos) return text.size() < opening_bytes ? opening::need_more : opening::unknown;
  if (text[at] == '<') return opening::xml;
  return at == 0 ? compare(text, byte_order_mark, opening::xml) : opening::unknown;
}

}  // namespace

opening detect_opening(std::string_view first_bytes) noexcept {
  const auto text = first_bytes.substr(0, opening_bytes);
  if (text.empty()) return opening::need_more;
  auto answer = compare(text, tls_begins, opening::tls);
  if (answer == opening::unknown) answer = look_for_xml(text);
  for (const auto method : methods) {
    if (answer == opening::unknown) answer = compare(text, method, opening::http);
  }
  return answer;
}

}  // namespace couplet::tls

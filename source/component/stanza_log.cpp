#include "stanza_log.hpp"

#include <algorithm>
#include <cstddef>

#include "xml/first_tag.hpp"

namespace couplet::component {

namespace {

constexpr std::size_t longest_shown = 4096;

/// Words that stand where passwords, keys and digests are: registration (XEP-0077), forms, logins (XEP-0078, SASL), and the handshake.
constexpr std::string_view suspicious[] = {
    "password", "secret", "handshake", "digest", "<auth", "<response", "urn:ietf:params:xml:ns:xmpp-sasl", "token"};

bool contains_any_case(std::string_view text, std::string_view word) noexcept {
  const auto equal = [](char c, char w) { return (c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) == w; };
  return std::search(text.begin(), text.end(), word.begin(), word.end(), equal) != text.end();
}

std::string_view first_tag_of(std::string_view xml) noexcept {
  xml::attribute_cursor cursor(xml);
  while (cursor.next()) {
  }
  return xml.substr(0, cursor.tag_size());
}

}  // namespace

std::string_view loggable(std::string_view xml, std::string& scratch) {
  const auto tag = first_tag_of(xml);
  const auto inside = xml.substr(tag.size());
  const bool is_handshake = contains_any_case(tag.substr(0, tag.find(' ')), "handshake");
  const bool hides = is_handshake || std::any_of(std::begin(suspicious), std::end(suspicious),
                                                 [inside](std::string_view word) { return contains_any_case(inside, word); });
  if (hides && !inside.empty()) return scratch.assign(tag.substr(0, longest_shown)).append("(not shown)");
  if (xml.size() <= longest_shown) return xml;
  return scratch.assign(xml.substr(0, longest_shown)).append("(cut)");
}

}  // namespace couplet::component

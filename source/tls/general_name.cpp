#include <arpa/inet.h>

#include <array>

#include "der.hpp"
#include "der_writer.hpp"
#include "domain_names.hpp"
#include "issue.hpp"

namespace couplet::tls {

namespace {

constexpr std::size_t max_label = 63;

/// Whether no label of it is empty or too long.
bool has_good_labels(std::string_view ascii) {
  std::size_t label = 0;
  for (const char c : ascii) {
    if (c == '.' && label == 0) return false;
    label = c == '.' ? 0 : label + 1;
    if (label > max_label) return false;
  }
  return label != 0;
}

/// The bytes of an address; empty: the text is none.
std::string address_bytes(const std::string& text) {
  std::array<char, 16> bytes{};
  if (inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return {bytes.data(), 4};
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return {bytes.data(), 16};
  return {};
}

}  // namespace

std::string general_name(std::string_view domain) {
  std::string text(domain);
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') text = text.substr(1, text.size() - 2);
  if (const auto bytes = address_bytes(text); !bytes.empty()) return der::write(der::context + 7, bytes);
  const auto ascii = ascii_domain(text);
  return has_good_labels(ascii) ? der::write(der::context + 2, ascii) : std::string();
}

}  // namespace couplet::tls

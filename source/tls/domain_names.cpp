#include "domain_names.hpp"

#include <idna.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace couplet::tls {

namespace {

constexpr std::size_t max_domain = 253;

std::string to_ascii(const std::string& domain) {
  char* text = nullptr;
  if (domain.find('\0') != std::string::npos || idna_to_ascii_8z(domain.c_str(), &text, 0) != IDNA_SUCCESS) return {};
  const std::unique_ptr<char, void (*)(void*)> owned(text, std::free);
  return text;
}

}  // namespace

std::string ascii_domain(std::string_view domain) {
  if (domain.size() > 4 * max_domain) return {};
  std::string text(domain);
  if (std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) > '\x7f'; })) text = to_ascii(text);
  if (text.size() > 1 && text.back() == '.') text.pop_back();
  if (text.empty() || text.size() > max_domain) return {};
  for (char& c : text) {
    if (c <= ' ' || c >= '\x7f') return {};
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return text;
}

std::string wildcard_for(std::string_view ascii) {
  const auto dot = ascii.find('.');
  // "*.net" would be for everybody: such a name in a certificate is not believed.
  if (dot == std::string_view::npos || ascii.find('.', dot + 1) == std::string_view::npos) return {};
  return "*" + std::string(ascii.substr(dot));
}

}  // namespace couplet::tls

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "base/utf8.hpp"
#include "der.hpp"
#include "x509.hpp"

namespace couplet::tls {

namespace {

// 1.3.6.1.5.5.7.8.5 and .7
constexpr std::string_view xmpp_addr_id("\x2b\x06\x01\x05\x05\x07\x08\x05", 8);
constexpr std::string_view srv_name_id("\x2b\x06\x01\x05\x05\x07\x08\x07", 8);

constexpr std::uint8_t other_name = der::context_constructed;
constexpr std::uint8_t mail_address = der::context + 1;
constexpr std::uint8_t dns_name = der::context + 2;
constexpr std::uint8_t ip_address = der::context + 7;

constexpr std::size_t max_name_bytes = 3071;  // of an address; a domain has fewer

bool is_ascii_word(std::string_view text) {
  return !text.empty() && text.size() <= max_name_bytes &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

bool is_address_text(std::string_view text) {
  return !text.empty() && text.size() <= max_name_bytes && base::is_utf8(text) &&
         std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

std::optional<std::string> address_text(std::string_view bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (bytes.size() != 4 && bytes.size() != 16) return std::nullopt;
  if (inet_ntop(bytes.size() == 4 ? AF_INET : AF_INET6, bytes.data(), text.data(), text.size()) == nullptr) return std::nullopt;
  return std::string(text.data());
}

/// OtherName ::= SEQUENCE { type-id OBJECT IDENTIFIER, value [0] EXPLICIT ANY }, with an implicit tag around it.
bool read_other_name(std::string_view content, alternative_names& out) {
  der::reader in(content);
  const auto id = in.next(der::object_id);
  const auto outer = in.next(der::context_constructed);
  if (!id || !outer || !in.at_end()) return false;
  der::reader inside(*outer);
  const auto value = inside.next();
  if (!value || !inside.at_end()) return false;
  if (*id == xmpp_addr_id) {
    if (value->tag != der::utf8_string || !is_address_text(value->content)) return false;
    out.xmpp_addrs.emplace_back(value->content);
  } else if (*id == srv_name_id) {
    if (value->tag != der::ia5_string || !is_ascii_word(value->content)) return false;
    out.srv_names.emplace_back(value->content);
  }
  return true;
}

bool read_name(const der::value& name, alternative_names& out) {
  switch (name.tag) {
    case other_name: return read_other_name(name.content, out);
    case mail_address:
      if (!is_ascii_word(name.content)) return false;
      out.mail_addresses.emplace_back(name.content);
      return true;
    case dns_name:
      if (!is_ascii_word(name.content)) return false;
      out.dns_names.emplace_back(name.content);
      return true;
    case ip_address:
      if (auto text = address_text(name.content)) {
        out.addresses.push_back(std::move(*text));
        return true;
      }
      return false;
    // The other kinds of GeneralName: [3] X.400, [4] directory, [5] EDI, [6] URI, [8] registered.
    default: return (name.tag & 0xc0U) == der::context && (name.tag & 0x1fU) <= 8;
  }
}

}  // namespace

std::optional<alternative_names> read_alternative_names(std::string_view general_names) {
  der::reader outer(general_names);
  const auto list = outer.next(der::sequence);
  if (!list || !outer.at_end()) return std::nullopt;
  alternative_names found;
  der::reader in(*list);
  for (std::size_t count = 0; !in.at_end(); ++count) {
    const auto name = in.next();
    if (!name || count == max_alternative_names || !read_name(*name, found)) return std::nullopt;
  }
  return found;
}

}  // namespace couplet::tls

// Version 1 of the PROXY protocol: one line of text.

#include <array>
#include <charconv>

#include "proxy_versions.hpp"

namespace couplet::net {

namespace {

constexpr std::string_view wrong_line = "the line of a PROXY header is malformed";

/// Decimal, without sign and leading zeros.
std::optional<std::uint16_t> to_port(std::string_view text) noexcept {
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  std::uint16_t port = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

/// Exactly `all.size()` words with one blank between them.
template <std::size_t count>
bool split(std::string_view text, std::array<std::string_view, count>& all) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    const bool last = i + 1 == count;
    const auto blank = text.find(' ');
    if (last != (blank == std::string_view::npos)) return false;
    all[i] = text.substr(0, blank);
    text.remove_prefix(last ? text.size() : blank + 1);
  }
  return true;
}

/// The family is what the line says it is, also where an IPv6 address stands for an IPv4 one.
std::optional<base::ip_address> to_address(std::string_view text, bool six) {
  if ((text.find(':') != std::string_view::npos) != six) return std::nullopt;
  return base::ip_address::parse(text);
}

}  // namespace

std::string_view read_proxy_line(std::string_view line, proxied& out) {
  if (!line.ends_with("\r\n")) return wrong_line;
  auto text = line.substr(0, line.size() - 2);
  if (text.find('\r') != std::string_view::npos) return wrong_line;
  text.remove_prefix(text.find(' ') + 1);
  if (text == "UNKNOWN" || text.starts_with("UNKNOWN ")) {
    out.whose = proxied::origin::unknown;  // what follows is to be ignored
    return {};
  }
  std::array<std::string_view, 5> word;
  if (!split(text, word) || (word[0] != "TCP4" && word[0] != "TCP6")) return wrong_line;
  const bool six = word[0] == "TCP6";
  const auto from = to_address(word[1], six);
  const auto port = to_port(word[3]);
  if (!from || !to_address(word[2], six) || !port || !to_port(word[4])) return wrong_line;
  out.whose = proxied::origin::client;
  out.address = from;
  out.port = *port;
  return {};
}

}  // namespace couplet::net

#include "base/ip_network.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>

namespace couplet::base {

namespace {

constexpr std::size_t all_bits = 128;
/// Where the IPv4 address begins in its mapped form.
constexpr std::size_t v4_bytes = 12;
constexpr std::size_t v4_bits = v4_bytes * 8;
constexpr std::array<unsigned char, v4_bytes> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

constexpr const char* expected = "expected an IP address or a network such as 10.0.0.0/8 or 2001:db8::/32";

/// The number behind the slash: no sign, no leading zero, at most `most`.
std::optional<std::size_t> to_bits(std::string_view text, std::size_t most) noexcept {
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  std::size_t bits = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), bits);
  if (code != std::errc() || end != text.data() + text.size() || bits > most) return std::nullopt;
  return bits;
}

ip_address without_host_bits(const ip_address& address, std::size_t bits) noexcept {
  auto bytes = address.all();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto kept = std::min<std::size_t>(8, bits - std::min(bits, i * 8));
    bytes[i] = static_cast<unsigned char>(bytes[i] & (0xff00U >> kept));
  }
  return ip_address(bytes);
}

}  // namespace

ip_address::ip_address(const std::array<unsigned char, 4>& four) noexcept : bytes_{} {
  std::copy(mapped.begin(), mapped.end(), bytes_.begin());
  std::copy(four.begin(), four.end(), bytes_.begin() + v4_bytes);
}

std::optional<ip_address> ip_address::parse(std::string_view text) {
  if (text.size() >= INET6_ADDRSTRLEN || text.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string ended(text);
  std::array<unsigned char, 4> four{};
  if (::inet_pton(AF_INET, ended.c_str(), four.data()) == 1) return ip_address(four);
  bytes six{};
  if (::inet_pton(AF_INET6, ended.c_str(), six.data()) == 1) return ip_address(six);
  return std::nullopt;
}

bool ip_address::is_v4() const noexcept {
  return std::equal(mapped.begin(), mapped.end(), bytes_.begin());
}

bool ip_address::is_loopback() const noexcept {
  if (is_v4()) return bytes_[v4_bytes] == 127;
  return bytes_ == bytes{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
}

std::string ip_address::to_text() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (is_v4()) {
    ::inet_ntop(AF_INET, bytes_.data() + v4_bytes, text.data(), text.size());
  } else {
    ::inet_ntop(AF_INET6, bytes_.data(), text.data(), text.size());
  }
  return text.data();
}

result<ip_network> ip_network::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = ip_address::parse(text.substr(0, slash));
  if (!address) return error(expected);
  if (slash == std::string_view::npos) return ip_network(*address, all_bits);

  // As written: ::ffff:10.0.0.0/104 is another spelling of 10.0.0.0/8.
  const bool dotted = text.substr(0, slash).find(':') == std::string_view::npos;
  const auto most = dotted ? all_bits - v4_bits : all_bits;
  const auto written = to_bits(text.substr(slash + 1), most);
  if (!written) return error("expected a number from 0 to " + std::to_string(most) + " behind the slash");
  const ip_network whole(*address, *written + (dotted ? v4_bits : 0));
  const ip_network network(without_host_bits(*address, whole.bits_), whole.bits_);
  if (network == whole) return network;
  return error("has bits behind its prefix: expected " + network.to_text() + " for the network, or " + address->to_text() +
               " for the one address");
}

bool ip_network::contains(const ip_address& address) const noexcept {
  if (first_.is_v4() != address.is_v4()) return false;
  return without_host_bits(address, bits_) == first_;
}

bool ip_network::contains(std::string_view address) const {
  const auto parsed = ip_address::parse(address);
  return parsed && contains(*parsed);
}

std::string ip_network::to_text() const {
  return first_.to_text() + "/" + std::to_string(first_.is_v4() ? bits_ - v4_bits : bits_);
}

}  // namespace couplet::base

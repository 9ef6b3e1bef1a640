#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace couplet::base {

/// An IPv4 or IPv6 address. IPv4-mapped IPv6 (::ffff:192.0.2.1, RFC 4291 section 2.5.5.2) is the IPv4 address: a dual-stack
/// socket and a text may spell the same client either way.
class ip_address {
 public:
  using bytes = std::array<unsigned char, 16>;

  /// Four numbers with dots and without leading zeros, or IPv6 as in RFC 4291 section 2.2; no brackets, no zone, no blanks.
  static std::optional<ip_address> parse(std::string_view text);
  /// From 16 bytes in network order, or from 4.
  explicit ip_address(const bytes& six) noexcept : bytes_(six) {}
  explicit ip_address(const std::array<unsigned char, 4>& four) noexcept;

  bool is_v4() const noexcept;
  /// 127.0.0.0/8, ::1.
  bool is_loopback() const noexcept;
  /// IPv4 with dots, IPv6 as in RFC 5952.
  std::string to_text() const;

  /// In network order; IPv4 is mapped.
  const bytes& all() const noexcept { return bytes_; }

  friend bool operator==(const ip_address&, const ip_address&) = default;

 private:
  bytes bytes_;
};

/// The addresses that begin with the same bits: 10.0.0.0/8, 2001:db8::/32 (CIDR, RFC 4632). The two families are apart: ::/0
/// holds no IPv4 address.
class ip_network {
 public:
  /// An address and how many of its bits count, or an address alone. Bits behind the prefix must be zero: 10.0.0.1/8 may mean the
  /// network or the one address, and the error names both. Errors do not repeat the text.
  static result<ip_network> parse(std::string_view text);

  bool contains(const ip_address& address) const noexcept;
  /// The same for a text; false where it is no address.
  bool contains(std::string_view address) const;

  /// "10.0.0.0/8", also where the text was an address alone.
  std::string to_text() const;

  friend bool operator==(const ip_network&, const ip_network&) = default;

 private:
  ip_network(const ip_address& first, std::size_t bits) noexcept : first_(first), bits_(bits) {}

  ip_address first_;
  std::size_t bits_;  ///< of the 128 that count; IPv4: at least 96
};

}  // namespace couplet::base

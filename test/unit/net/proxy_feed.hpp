#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "net/proxy_header.hpp"

// Headers of proxies, and how the tests feed them.

namespace couplet::proxy_tests {

using net::proxied;
using net::proxy_header;
using origin = net::proxied::origin;
using status = net::proxy_header::status;

inline const std::string signature("\r\n\r\n\0\r\nQUIT\n", 12);
inline const std::string v4("\xc0\x00\x02\x01\xc0\x00\x02\x02\xdb\xe4\x14\x66",
                            12);  // 192.0.2.1, 192.0.2.2, ports 56292 and 5222

inline std::string two_bytes(std::size_t n) {
  return {static_cast<char>(n >> 8U), static_cast<char>(n & 255U)};
}

inline std::string tlv(char type, const std::string& value) {
  return type + two_bytes(value.size()) + value;
}

/// A header of version 2. `command`: version and command; `kind`: family and protocol.
inline std::string block(char command, char kind, const std::string& rest) {
  return signature + command + kind + two_bytes(rest.size()) + rest;
}

inline std::string v6(const std::string& from) {
  return from + std::string(16, '\x02') + "\x14\x66" + "\x14\x67";
}

/// Bit by bit: another way to the same number.
inline std::uint32_t slow_crc32c(std::string_view bytes) {
  std::uint32_t sum = 0xffffffffU;
  for (const char c : bytes) {
    sum ^= static_cast<unsigned char>(c);
    for (int i = 0; i < 8; ++i) sum = (sum & 1U) != 0 ? (sum >> 1U) ^ 0x82f63b78U : sum >> 1U;
  }
  return ~sum;
}

/// The header with its checksum, in front of the TLVs `behind`.
inline std::string with_checksum(char kind, const std::string& addresses, const std::string& behind) {
  auto all = block('\x21', kind, addresses + tlv(3, std::string(4, '\0')) + behind);
  const auto sum = slow_crc32c(all);
  const auto place = 16 + addresses.size() + 3;
  for (std::size_t i = 0; i < 4; ++i) all[place + i] = static_cast<char>(sum >> (24U - 8U * i));
  return all;
}

struct outcome {
  status how = status::need_more;
  std::size_t consumed = 0;
  proxied said;
  std::string fault;
};

/// Feeds `bytes` in pieces of this size, from memory of just that size.
inline outcome feed(const std::string& bytes, std::size_t piece) {
  proxy_header header;
  outcome o;
  while (o.how == status::need_more && o.consumed < bytes.size()) {
    const std::vector<char> exact(bytes.begin() + static_cast<std::ptrdiff_t>(o.consumed),
                                  bytes.begin() + static_cast<std::ptrdiff_t>(std::min(bytes.size(), o.consumed + piece)));
    std::string_view input(exact.data(), exact.size());
    o.how = header.feed(input);
    o.consumed += exact.size() - input.size();
    if (o.how == status::need_more) CHECK(input.empty());
  }
  CHECK(header.held_bytes() <= 2 * proxy_header::max_bytes);
  CHECK((o.how == status::bad) == !header.fault().empty());
  if (o.how == status::done) o.said = header.result();
  o.fault = header.fault();
  return o;
}

/// Whole, in two pieces cut at every place, and byte by byte: it is always the same, and what follows is left alone.
inline void check_good(const std::string& bytes, origin whose, const std::string& address, std::uint16_t port) {
  const std::string stream = bytes + "\r\nPROXY <stream:stream>";
  std::vector<outcome> all{feed(bytes, bytes.size()), feed(stream, stream.size())};
  for (std::size_t piece = 1; piece < std::min<std::size_t>(stream.size(), 600); ++piece) all.push_back(feed(stream, piece));
  for (const auto& o : all) {
    CAPTURE(o.fault);
    REQUIRE(o.how == status::done);
    CHECK(o.consumed == bytes.size());
    CHECK(o.said.whose == whose);
    CHECK(o.said.address.has_value() == (whose == origin::client));
    CHECK((o.said.address ? o.said.address->to_text() : "") == address);
    CHECK(o.said.port == port);
  }
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto cut = feed(bytes.substr(0, size), bytes.size());
    REQUIRE(cut.how == status::need_more);
    REQUIRE(cut.consumed == size);
  }
}

inline void check_bad(const std::string& bytes, const std::string& fault) {
  const std::string stream = bytes + "<stream:stream xmlns='jabber:client'>";
  for (const std::size_t piece : {stream.size(), std::size_t{1}, std::size_t{7}}) {
    const auto o = feed(stream, piece);
    CAPTURE(o.fault);
    CHECK(o.how == status::bad);
    CHECK(o.fault.find(fault) != std::string::npos);
  }
}

}  // namespace couplet::proxy_tests

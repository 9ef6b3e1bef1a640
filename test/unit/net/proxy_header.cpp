#include "net/proxy_header.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using namespace couplet;
using net::proxied;
using net::proxy_header;
using origin = net::proxied::origin;
using status = net::proxy_header::status;

namespace {

const std::string signature("\r\n\r\n\0\r\nQUIT\n", 12);
const std::string v4("\xc0\x00\x02\x01\xc0\x00\x02\x02\xdb\xe4\x14\x66", 12);  // 192.0.2.1, 192.0.2.2, ports 56292 and 5222

std::string two_bytes(std::size_t n) {
  return {static_cast<char>(n >> 8U), static_cast<char>(n & 255U)};
}

std::string tlv(char type, const std::string& value) {
  return type + two_bytes(value.size()) + value;
}

/// A header of version 2. `command`: version and command; `kind`: family and protocol.
std::string block(char command, char kind, const std::string& rest) {
  return signature + command + kind + two_bytes(rest.size()) + rest;
}

std::string v6(const std::string& from) {
  return from + std::string(16, '\x02') + "\x14\x66" + "\x14\x67";
}

/// Bit by bit: another way to the same number.
std::uint32_t slow_crc32c(std::string_view bytes) {
  std::uint32_t sum = 0xffffffffU;
  for (const char c : bytes) {
    sum ^= static_cast<unsigned char>(c);
    for (int i = 0; i < 8; ++i) sum = (sum & 1U) != 0 ? (sum >> 1U) ^ 0x82f63b78U : sum >> 1U;
  }
  return ~sum;
}

/// The header with its checksum, in front of the TLVs `behind`.
std::string with_checksum(char kind, const std::string& addresses, const std::string& behind) {
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
outcome feed(const std::string& bytes, std::size_t piece) {
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
void check_good(const std::string& bytes, origin whose, const std::string& address, std::uint16_t port) {
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

void check_bad(const std::string& bytes, const std::string& fault) {
  const std::string stream = bytes + "<stream:stream xmlns='jabber:client'>";
  for (const std::size_t piece : {stream.size(), std::size_t{1}, std::size_t{7}}) {
    const auto o = feed(stream, piece);
    CAPTURE(o.fault);
    CHECK(o.how == status::bad);
    CHECK(o.fault.find(fault) != std::string::npos);
  }
}

}  // namespace

TEST_CASE("the checksum of these tests is the one of RFC 4960") {
  CHECK(slow_crc32c("123456789") == 0xe3069283U);
}

TEST_CASE("version 1: who it is, whatever the cuts") {
  check_good("PROXY TCP4 192.0.2.1 192.0.2.2 56324 5222\r\n", origin::client, "192.0.2.1", 56324);
  check_good("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", origin::client, "255.255.255.255", 65535);
  check_good("PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", origin::client, "0.0.0.0", 0);
  check_good("PROXY TCP6 2001:DB8::1 2001:db8::2 1 5222\r\n", origin::client, "2001:db8::1", 1);
  const std::string longest = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
  check_good("PROXY TCP6 " + longest + " " + longest + " 65535 65535\r\n", origin::client, longest, 65535);
  // A proxy with a dual-stack socket.
  check_good("PROXY TCP6 ::ffff:192.0.2.1 ::ffff:192.0.2.2 7 8\r\n", origin::client, "192.0.2.1", 7);
  check_good("PROXY UNKNOWN\r\n", origin::unknown, "", 0);
  check_good("PROXY UNKNOWN " + longest + " " + longest + " 65535 65535\r\n", origin::unknown, "", 0);
  check_good("PROXY UNKNOWN \x01  what ever\t\r\n", origin::unknown, "", 0);
}

TEST_CASE("version 1: what is not exactly as it should be is bad") {
  const std::vector<std::string> rows{
      "PROXY \r\n",
      "PROXY  TCP4 1.2.3.4 1.2.3.4 1 2\r\n",
      "PROXY TCP4  1.2.3.4 1.2.3.4 1 2\r\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 1 2 \r\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n",
      "PROXY TCP4\t1.2.3.4 1.2.3.4 1 2\r\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\r\n",
      "PROXY TCP4 1.2.3.4\r1.2.3.4 1 2\r\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 65536 1\r\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 99999999999999999999 1\r\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 00 2\r\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 +1 2\r\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 -1 2\r\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 0x1 2\r\n",
      "PROXY TCP4 01.2.3.4 1.2.3.4 1 2\r\n",
      "PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n",
      "PROXY TCP4 1.2.3.256 1.2.3.4 1 2\r\n",
      "PROXY TCP4 1.2.3.4 x 1 2\r\n",
      "PROXY TCP4 ::1 ::1 1 2\r\n",
      "PROXY TCP4 ::ffff:1.2.3.4 1.2.3.4 1 2\r\n",
      "PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n",
      "PROXY TCP6 [::1] [::1] 1 2\r\n",
      "PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n",
      "PROXY TCP6 ::1 1.2.3.4 1 2\r\n",
      "PROXY tcp4 1.2.3.4 1.2.3.4 1 2\r\n",
      "PROXY TCP 1.2.3.4 1.2.3.4 1 2\r\n",
      "PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n",
      "PROXY UNKNOWNX\r\n",
      "PROXY UNKNOWN\n",
      "PROXY UNKNOWN \r\r\n",
      std::string("PROXY TCP4 1.2.3.4\0 1.2.3.4 1 2\r\n", 34),
  };
  for (const auto& line : rows) {
    CAPTURE(line);
    check_bad(line, "the line of a PROXY header is malformed");
  }
}

TEST_CASE("version 1: 107 bytes and no more") {
  const std::string begin = "PROXY UNKNOWN ";
  check_good(begin + std::string(107 - 2 - begin.size(), 'x') + "\r\n", origin::unknown, "", 0);
  const auto longer = begin + std::string(107 - 1 - begin.size(), 'x') + "\r\n";
  CHECK(feed(longer, longer.size()).how == status::bad);
  CHECK(feed(longer, longer.size()).consumed == 107);
  CHECK(feed(longer, 1).how == status::bad);
  check_bad("PROXY " + std::string(100'000, ' '), "has no end");
}

TEST_CASE("version 2: who it is, whatever the cuts") {
  check_good(block('\x21', '\x11', v4), origin::client, "192.0.2.1", 56292);
  check_good(block('\x21', '\x21', v6(std::string("\x20\x01\x0d\xb8", 4) + std::string(11, '\0') + '\1')), origin::client,
             "2001:db8::1", 5222);
  check_good(block('\x21', '\x21', v6(std::string(10, '\0') + "\xff\xff\xc0" + std::string("\0\2\1", 3))), origin::client,
             "192.0.2.1", 5222);
  // For itself: the block does not matter.
  check_good(block('\x20', '\0', ""), origin::own, "", 0);
  check_good(block('\x20', '\x11', v4), origin::own, "", 0);
  check_good(block('\x20', '\xff', "abc"), origin::own, "", 0);
  // For somebody it does not name.
  check_good(block('\x21', '\0', ""), origin::unknown, "", 0);
  check_good(block('\x21', '\0', "any thing"), origin::unknown, "", 0);
  check_good(block('\x21', '\x10', v4), origin::unknown, "", 0);
  check_good(block('\x21', '\x01', "ab"), origin::unknown, "", 0);
  check_good(block('\x21', '\x12', v4), origin::unknown, "", 0);
  check_good(block('\x21', '\x22', v6(std::string(16, '\1'))), origin::unknown, "", 0);
  check_good(block('\x21', '\x31', std::string(216, '/')), origin::unknown, "", 0);
  check_good(block('\x21', '\x32', std::string(216, '/')), origin::unknown, "", 0);
}

TEST_CASE("version 2: more than addresses is stepped over") {
  const auto ssl = tlv('\x20', std::string("\1\0\0\0\0", 5) + tlv('\x21', "TLSv1.3") + tlv('\x22', "CN=\xc3\xa9"));
  check_good(block('\x21', '\x11', v4 + tlv(2, "chat.example") + tlv(4, "") + ssl + tlv('\xee', std::string(700, 'x'))),
             origin::client, "192.0.2.1", 56292);
  check_good(block('\x21', '\x31', std::string(216, '/') + tlv(1, "xmpp-client")), origin::unknown, "", 0);
  check_bad(block('\x21', '\x11', v4 + "\x04"), "a TLV of a PROXY header is cut off");
  check_bad(block('\x21', '\x11', v4 + std::string("\x04\0", 2)), "a TLV of a PROXY header is cut off");
  check_bad(block('\x21', '\x11', v4 + std::string("\x04\0\1", 3)), "a TLV of a PROXY header is cut off");
  check_bad(block('\x21', '\x11', v4 + tlv(4, "abc") + "\x04\xff\xff"), "a TLV of a PROXY header is cut off");
  check_bad(block('\x21', '\x12', v4 + "\x04"), "a TLV of a PROXY header is cut off");
}

TEST_CASE("version 2: a checksum is looked at") {
  const std::string other = tlv(2, "chat.example");
  check_good(with_checksum('\x11', v4, ""), origin::client, "192.0.2.1", 56292);
  check_good(with_checksum('\x11', v4, other), origin::client, "192.0.2.1", 56292);
  check_good(with_checksum('\x21', v6(std::string(16, '\1')), other), origin::client, "101:101:101:101:101:101:101:101", 5222);
  const auto good = with_checksum('\x11', v4, other);
  for (std::size_t i = 16; i < good.size(); ++i) {
    for (unsigned bit = 1; bit < 256; bit *= 2) {
      auto changed = good;
      changed[i] = static_cast<char>(static_cast<unsigned char>(changed[i]) ^ bit);
      // The type of the checksum itself: then there is none.
      if (i == 28) continue;
      CHECK(feed(changed, changed.size()).how == status::bad);
    }
  }
  check_bad(block('\x21', '\x11', v4 + tlv(3, "abc")), "the checksum of a PROXY header is wrong");
  check_bad(block('\x21', '\x11', v4 + tlv(3, "")), "the checksum of a PROXY header is wrong");
  check_bad(with_checksum('\x11', v4, tlv(3, std::string(4, '\0'))), "the checksum of a PROXY header is wrong");
}

TEST_CASE("version 2: what is not exactly as it should be is bad") {
  for (unsigned i = 0; i < 256; ++i) {
    const auto c = static_cast<char>(i);
    CAPTURE(i);
    if (i != 0x20 && i != 0x21) check_bad(block(c, '\x11', v4), i >> 4U != 2 ? "the version" : "the command");
    if (i >> 4U > 3 || (i & 15U) > 2)
      check_bad(block('\x21', c, std::string(216, 'x')), "the family of a PROXY header is unknown");
  }
  check_bad(block('\x21', '\x11', v4.substr(0, 11)), "the addresses of a PROXY header are cut off");
  check_bad(block('\x21', '\x11', ""), "the addresses of a PROXY header are cut off");
  check_bad(block('\x21', '\x21', std::string(35, 'x')), "the addresses of a PROXY header are cut off");
  check_bad(block('\x21', '\x31', std::string(215, 'x')), "the addresses of a PROXY header are cut off");
}

TEST_CASE("version 2: 4 KiB and no more") {
  const std::size_t room = proxy_header::max_bytes - 16 - v4.size() - 3;
  check_good(block('\x21', '\x11', v4 + tlv(4, std::string(room, 'x'))), origin::client, "192.0.2.1", 56292);
  check_bad(block('\x21', '\x11', v4 + tlv(4, std::string(room + 1, 'x'))), "a PROXY header is too long");
  check_bad(block('\x20', '\0', std::string(65'535, 'x')), "a PROXY header is too long");
  // It is refused before it comes.
  CHECK(feed(signature + "\x21\x11\xff\xff", 16).how == status::bad);
}

TEST_CASE("SECURITY 53: no header, no connection") {
  for (const std::string& first :
       {std::string("<stream:stream>"), std::string("<?xml version='1.0'?>"), std::string("\x16\x03\x01"),
        std::string("GET / HTTP/1.1\r\n\r\n"), std::string(" PROXY TCP4"), std::string("proxy TCP4"), std::string("PROXX TCP4"),
        std::string("\r\n\r\n\r\nQUIT\n"), std::string("\0", 1), std::string("\n")}) {
    CAPTURE(first);
    check_bad(first, "there is no PROXY header");
  }
  // The first byte that does not fit ends it.
  for (const std::string& whole : {std::string("PROXY "), signature}) {
    for (std::size_t i = 0; i < whole.size(); ++i) {
      auto changed = whole;
      changed[i] = '?';
      const auto o = feed(changed.substr(0, i + 1), 1);
      CHECK(o.how == status::bad);
      CHECK(o.consumed == i + 1);
    }
  }
}

TEST_CASE("SECURITY 53: a second header is not a header") {
  const std::string first = "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n";
  const std::string stream = first + "PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n";
  const auto o = feed(stream, stream.size());
  CHECK(o.how == status::done);
  CHECK(o.consumed == first.size());
  CHECK(o.said.address->to_text() == "192.0.2.1");
}

TEST_CASE("SECURITY 53: who comes through a proxy on this machine is not on this machine") {
  const auto told = [](bool loopback, const std::string& header) {
    net::peer who{"10.0.0.1", 4321, loopback};
    const auto o = feed(header, header.size());
    REQUIRE(o.how == status::done);
    net::apply(o.said, who);
    return who;
  };
  struct row {
    std::string header;
    std::string address;
    std::uint16_t port;
    bool loopback;  ///< where the proxy is here
  };
  const std::vector<row> rows{
      {"PROXY TCP4 192.0.2.1 192.0.2.2 56324 5222\r\n", "192.0.2.1", 56324, false},
      {"PROXY TCP6 2001:db8::1 ::1 56324 5222\r\n", "2001:db8::1", 56324, false},
      {"PROXY TCP6 ::ffff:192.0.2.1 ::1 56324 5222\r\n", "192.0.2.1", 56324, false},
      {"PROXY TCP4 127.0.0.1 127.0.0.1 56324 5222\r\n", "127.0.0.1", 56324, true},
      {"PROXY TCP6 ::1 ::1 56324 5222\r\n", "::1", 56324, true},
      {"PROXY UNKNOWN\r\n", "10.0.0.1", 4321, false},
      {block('\x21', '\0', ""), "10.0.0.1", 4321, false},
      {block('\x21', '\x31', std::string(216, '/')), "10.0.0.1", 4321, false},
      {block('\x20', '\0', ""), "10.0.0.1", 4321, true},
  };
  for (const auto& r : rows) {
    CAPTURE(r.header);
    const auto here = told(true, r.header);
    CHECK(here.address == r.address);
    CHECK(here.port == r.port);
    CHECK(here.loopback == r.loopback);
    CHECK_FALSE(told(false, r.header).loopback);
  }
}

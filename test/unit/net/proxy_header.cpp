#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "proxy_feed.hpp"

using namespace couplet;
using namespace couplet::proxy_tests;

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

#include <doctest/doctest.h>

#include <string>

#include "proxy_feed.hpp"

using namespace couplet;
using namespace couplet::proxy_tests;

TEST_CASE("the checksum of these tests is the one of RFC 4960") {
  CHECK(slow_crc32c("123456789") == 0xe3069283U);
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

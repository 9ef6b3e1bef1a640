#include "base/ip_network.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using couplet::base::ip_address;
using couplet::base::ip_network;

TEST_CASE("an address has one form, however it is written") {
  struct row {
    std::string text;
    std::string shown;
    bool v4;
  };
  const std::vector<row> rows{
      {"127.0.0.1", "127.0.0.1", true},
      {"0.0.0.0", "0.0.0.0", true},
      {"255.255.255.255", "255.255.255.255", true},
      {"::ffff:192.0.2.1", "192.0.2.1", true},
      {"::FFFF:c000:201", "192.0.2.1", true},
      {"::1", "::1", false},
      {"::", "::", false},
      {"2001:0DB8:0:0:0:0:0:1", "2001:db8::1", false},
      {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false},
  };
  for (const auto& r : rows) {
    CAPTURE(r.text);
    const auto a = ip_address::parse(r.text);
    REQUIRE(a);
    CHECK(a->to_text() == r.shown);
    CHECK(a->is_v4() == r.v4);
    CHECK(ip_address::parse(a->to_text()) == a);
    CHECK(ip_address(a->all()) == *a);
  }
  CHECK(ip_address(std::array<unsigned char, 4>{192, 0, 2, 1}) == *ip_address::parse("192.0.2.1"));
}

TEST_CASE("what is no address") {
  const std::vector<std::string> rows{"",
                                      "1",
                                      "1.2.3",
                                      "1.2.3.4.5",
                                      "1.2.3.256",
                                      "01.2.3.4",
                                      "0x1.2.3.4",
                                      " 1.2.3.4",
                                      "1.2.3.4 ",
                                      "1.2.3.4\n",
                                      "[::1]",
                                      "fe80::1%eth0",
                                      ":::",
                                      "1::2::3",
                                      "g::",
                                      "localhost",
                                      "local",
                                      "::1/128",
                                      "12345::",
                                      "1:2:3:4:5:6:7:8:9",
                                      "1:2:3:4:5:6:7",
                                      std::string("1.2.3.4\0", 8),
                                      std::string(10'000, '1'),
                                      "\xff"};
  for (const auto& text : rows) {
    CAPTURE(text);
    CHECK_FALSE(ip_address::parse(text));
    CHECK_FALSE(ip_network::parse(text + "/"));
  }
}

TEST_CASE("loopback addresses") {
  for (const auto* text : {"127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1"})
    CHECK(ip_address::parse(text)->is_loopback());
  for (const auto* text : {"128.0.0.1", "126.255.255.255", "::2", "::", "::7f00:1", "::ffff:128.0.0.1", "1::1"}) {
    CHECK_FALSE(ip_address::parse(text)->is_loopback());
  }
}

TEST_CASE("a network holds the addresses that begin with its bits") {
  struct row {
    std::string network;
    std::vector<std::string> in;
    std::vector<std::string> out;
  };
  const std::vector<row> rows{
      {"10.0.0.0/8", {"10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3"}, {"9.255.255.255", "11.0.0.0", "::10.1.2.3", "a00::"}},
      {"192.0.2.0/25", {"192.0.2.0", "192.0.2.127"}, {"192.0.2.128", "192.0.1.255"}},
      {"192.0.2.128/25", {"192.0.2.128", "192.0.2.255"}, {"192.0.2.127"}},
      {"192.0.2.1/32", {"192.0.2.1"}, {"192.0.2.0", "192.0.2.2"}},
      {"192.0.2.0/31", {"192.0.2.0", "192.0.2.1"}, {"192.0.2.2"}},
      {"127.0.0.1", {"127.0.0.1"}, {"127.0.0.2", "::1"}},
      {"0.0.0.0/0", {"0.0.0.0", "255.255.255.255", "::ffff:1.2.3.4"}, {"::", "::1", "2001:db8::"}},
      {"128.0.0.0/1", {"128.0.0.0", "255.0.0.1"}, {"127.255.255.255", "8000::"}},
      {"::ffff:10.0.0.0/104", {"10.2.3.4"}, {"11.2.3.4", "::ffff"}},
      {"::1", {"::1"}, {"::", "::2", "127.0.0.1"}},
      {"2001:db8::/32", {"2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"}, {"2001:db7::", "2001:db9::", "32.1.13.184"}},
      {"2001:db8::/33", {"2001:db8:7fff::"}, {"2001:db8:8000::"}},
      {"2001:db8::fffe/127", {"2001:db8::fffe", "2001:db8::ffff"}, {"2001:db8::fffd"}},
      {"::/0", {"::", "::1", "ffff::"}, {"0.0.0.0", "10.0.0.1", "::ffff:10.0.0.1"}},
  };
  for (const auto& r : rows) {
    CAPTURE(r.network);
    const auto n = ip_network::parse(r.network);
    REQUIRE(n);
    CHECK(*ip_network::parse(n->to_text()) == *n);
    for (const auto& a : r.in) {
      CAPTURE(a);
      CHECK(n->contains(a));
    }
    for (const auto& a : r.out) {
      CAPTURE(a);
      CHECK_FALSE(n->contains(a));
    }
    for (const auto* no_address : {"", "local", "10.0.0.0/8", "unix:/run/x"})
      CHECK_FALSE(n->contains(std::string_view(no_address)));
  }
}

TEST_CASE("a network's text is its shortest with a prefix") {
  CHECK(ip_network::parse("127.0.0.1")->to_text() == "127.0.0.1/32");
  CHECK(ip_network::parse("::ffff:10.0.0.0/104")->to_text() == "10.0.0.0/8");
  CHECK(ip_network::parse("2001:DB8:0::/32")->to_text() == "2001:db8::/32");
  CHECK(*ip_network::parse("::ffff:10.0.0.0/104") == *ip_network::parse("10.0.0.0/8"));
}

TEST_CASE("an error about a network says what is expected") {
  struct row {
    std::string text;
    std::string says;
  };
  const std::vector<row> rows{
      {"", "expected an IP address or a network such as 10.0.0.0/8"},
      {"/8", "expected an IP address or a network"},
      {"localhost/8", "expected an IP address or a network"},
      {"10/8", "expected an IP address or a network"},
      {"10.0.0.0/", "expected a number from 0 to 32 behind the slash"},
      {"10.0.0.0/33", "expected a number from 0 to 32"},
      {"10.0.0.0/08", "expected a number from 0 to 32"},
      {"10.0.0.0/+8", "expected a number from 0 to 32"},
      {"10.0.0.0/-1", "expected a number from 0 to 32"},
      {"10.0.0.0/8 ", "expected a number from 0 to 32"},
      {"10.0.0.0/8/8", "expected a number from 0 to 32"},
      {"10.0.0.0/99999999999999999999999", "expected a number from 0 to 32"},
      {"10.0.0.0/255.0.0.0", "expected a number from 0 to 32"},
      {"::/129", "expected a number from 0 to 128 behind the slash"},
      {"10.0.0.1/8", "has bits behind its prefix: expected 10.0.0.0/8 for the network, or 10.0.0.1 for the one address"},
      {"1.2.3.4/0", "expected 0.0.0.0/0 for the network, or 1.2.3.4 for the one address"},
      {"192.0.2.3/31", "expected 192.0.2.2/31 for the network"},
      {"2001:db8::1/32", "expected 2001:db8::/32 for the network, or 2001:db8::1 for the one address"},
      {"::ffff:10.0.0.1/104", "expected 10.0.0.0/8 for the network, or 10.0.0.1 for the one address"},
      {"::ffff:10.0.0.0/90", "has bits behind its prefix: expected ::ffc0:0:0/90 for the network"},
  };
  for (const auto& r : rows) {
    CAPTURE(r.text);
    const auto n = ip_network::parse(r.text);
    REQUIRE_FALSE(n);
    CAPTURE(n.error_text());
    CHECK(n.error_text().find(r.says) != std::string::npos);
  }
}

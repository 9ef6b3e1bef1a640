#include "../../../source/tls/x509.hpp"

#include <doctest/doctest.h>

#include "../../../source/tls/client_hello.hpp"
#include "../../../source/tls/der.hpp"
#include "../../../source/tls/der_writer.hpp"
#include "../../../source/tls/issue.hpp"
#include "../../../source/tls/times.hpp"
#include "hello.hpp"

using namespace couplet::tls;
using namespace couplet::tls::test;
using namespace std::string_literals;
using namespace std::string_view_literals;

namespace {

std::string names_around(std::string_view entries) {
  return der::write(der::sequence, entries);
}

std::string a_certificate(std::string names = general_name("example.net")) {
  static const signing_key key;
  certificate_request what;
  what.subject = what.issuer = "example.net";
  what.not_before = 0;
  what.not_after = 4'000'000'000;
  what.alternative_names = std::move(names);
  return issue_certificate(what, key.public_der(), key);
}

}  // namespace

TEST_CASE("DER: lengths in their shortest form, within what is there") {
  for (const auto& bad : {""s, "\x30"s, "\x30\x01"s, "\x30\x80"s, "\x30\x81\x01x"s, "\x30\x82\x00\x81"s + std::string(0x81, 'x'),
                          "\x30\x84\x00\x00\x00\x01x"s, "\x30\xff"s, "\x1f\x01x"s, "\x3f\x01x"s, "\x30\x83\xff\xff\xffx"s,
                          "\x30\x81"s, "\x30\x81\x7f"s + std::string(0x7f, 'x')}) {
    der::reader in(bad);
    CHECK_FALSE(in.next());
  }
  der::reader in("\x04\x01x\x05\x00rest"sv);
  CHECK(in.next(der::octet_string) == "x");
  CHECK_FALSE(in.next_if(der::octet_string));
  const auto null = in.next();
  REQUIRE(null);
  CHECK(null->whole == "\x05\x00"sv);
  for (const std::size_t size : {0U, 1U, 0x7fU, 0x80U, 0xffU, 0x100U, 0xffffU, 0x10000U}) {
    const auto written = der::write(der::octet_string, std::string(size, 'x'));
    der::reader back(written);
    const auto content = back.next(der::octet_string);
    REQUIRE(content);
    CHECK(content->size() == size);
    CHECK(back.at_end());
  }
}

TEST_CASE("subjectAltName: one bad entry makes all of it unbelievable") {
  const auto good = general_name("example.net");
  CHECK(read_alternative_names(names_around(good)));
  CHECK(read_alternative_names(names_around(""))->dns_names.empty());
  const auto kinds = read_alternative_names(names_around(good + general_name("192.0.2.1") + general_name("[2001:db8::1]") +
                                                         der::write(der::context + 6, "https://example.net")));
  REQUIRE(kinds);
  CHECK(kinds->addresses == std::vector<std::string>{"192.0.2.1", "2001:db8::1"});
  for (const auto& bad :
       {der::write(der::context + 2, ""sv), der::write(der::context + 2, "a b"sv), der::write(der::context + 2, "a\0"sv),
        der::write(der::context + 2, "\xc3\xa4"sv), der::write(der::context + 7, "123"sv), der::write(der::context + 9, "x"sv),
        der::write(der::sequence, "x"sv), der::write(der::context_constructed, "x"sv), "\x82\x05xx"s,
        der::write(der::context_constructed, der::write(der::object_id, "\x2b")),
        der::write(der::context_constructed, {der::write(der::object_id, "\x2b"), der::write(der::context_constructed, "")}),
        der::write(der::context + 2, std::string(4000, 'a'))}) {
    CAPTURE(bad);
    CHECK_FALSE(read_alternative_names(names_around(good + bad)));
  }
  CHECK_FALSE(read_alternative_names(names_around(good) + "x"));
  CHECK_FALSE(read_alternative_names(""));
}

TEST_CASE("subjectAltName: no more than so many entries") {
  std::string many;
  for (std::size_t i = 0; i < max_alternative_names; ++i) many += general_name("a" + std::to_string(i));
  CHECK(read_alternative_names(names_around(many)));
  CHECK_FALSE(read_alternative_names(names_around(many + general_name("b"))));
}

TEST_CASE("a certificate that is cut anywhere, or goes on, is none") {
  const auto whole = a_certificate();
  REQUIRE(read_x509(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) CHECK_FALSE(read_x509(whole.substr(0, size)));
  CHECK_FALSE(read_x509(whole + "x"));
}

TEST_CASE("a certificate whose bytes were changed is read without harm") {
  const auto whole = a_certificate();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const int change : {0x01, 0x80, 0xff}) {
      auto changed = whole;
      changed[at] = static_cast<char>(changed[at] ^ change);
      const auto read = read_x509(changed);
      if (read) CHECK(read->names.dns_names.size() <= 1);
    }
  }
}

TEST_CASE("times in certificates") {
  CHECK(read_time(der::utc_time, "700101000000Z") == 0);
  CHECK(read_time(der::utc_time, "491231235959Z") == 2'524'607'999);
  CHECK(read_time(der::utc_time, "500101000000Z") == -631'152'000);
  CHECK(read_time(der::generalized_time, "20500101000000Z") == 2'524'608'000);
  CHECK(read_time(der::generalized_time, "99991231235959Z") == 253'402'300'799);
  CHECK(read_time(der::utc_time, "240229000000Z"));
  for (const auto bad : {"230229000000Z", "231301000000Z", "230001000000Z", "230100000000Z", "230101240000Z", "230101006000Z",
                         "230101000060Z", "230101000000", "2301010000Z", "230101000000+", "2x0101000000Z", ""}) {
    CAPTURE(bad);
    CHECK_FALSE(read_time(der::utc_time, bad));
  }
  CHECK_FALSE(read_time(der::octet_string, "700101000000Z"));
  CHECK_FALSE(read_time(der::generalized_time, "700101000000Z"));
  CHECK(der::write_time(2'524'607'999) == "\x17\x0d"s + "491231235959Z");
  CHECK(der::write_time(2'524'608'000) == "\x18\x0f"s + "20500101000000Z");
}

TEST_CASE("the name in a ClientHello") {
  const auto name_of = [](const std::string& name) {
    client_hello out;
    REQUIRE(read_client_hello(hello({.extensions = server_name_extension(name)}), out) == hello_state::whole);
    return out.server_name;
  };
  CHECK(name_of("Example.NET") == "example.net");
  CHECK(name_of("example.net.") == "example.net");
  CHECK(name_of("a b").empty());
  CHECK(name_of("a\0b"s).empty());
  CHECK(name_of(std::string(254, 'a')).empty());
  client_hello out;
  CHECK(read_client_hello(hello({.extensions = extension(23, "")}), out) == hello_state::whole);
  CHECK(out.extended_master_secret);
  CHECK(read_client_hello(hello({.extensions = ""}), out) == hello_state::whole);
  CHECK(out.server_name.empty());
  CHECK_FALSE(out.extended_master_secret);
}

TEST_CASE("a ClientHello that is not whole yet") {
  const auto whole = hello();
  client_hello out;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CHECK(read_client_hello(std::string_view(whole).substr(0, size), out) == hello_state::need_more);
  }
  CHECK(read_client_hello(whole, out) == hello_state::whole);
}

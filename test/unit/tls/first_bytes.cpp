#include "tls/first_bytes.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace couplet::tls;
using namespace std::string_literals;

TEST_CASE("what a connection begins with") {
  const std::vector<std::pair<std::string, opening>> rows{
      {"", opening::need_more},
      {"\x16", opening::need_more},
      {"\x16\x03", opening::tls},
      {"\x16\x03\x01\x02", opening::tls},
      {"\x16\x02", opening::unknown},
      {"\x15\x03\x01", opening::unknown},
      {"\x80\x2e\x01\x00\x02"s, opening::unknown},  // SSL 2
      {"<", opening::xml},
      {"<?xml version='1.0'?>", opening::xml},
      {" \r\n\t", opening::need_more},
      {" \r\n\t<stream:stream", opening::xml},
      {"                <", opening::unknown},  // only so many are looked at
      {"               <", opening::xml},
      {" x", opening::unknown},
      {"\xef", opening::need_more},
      {"\xef\xbb\xbf", opening::xml},
      {"\xef\xbb\xbc", opening::unknown},
      {" \xef\xbb\xbf", opening::unknown},
      {"G", opening::need_more},
      {"GET", opening::need_more},
      {"GET /", opening::http},
      {"get /", opening::unknown},
      {"GETX", opening::unknown},
      {"P", opening::need_more},
      {"PO", opening::need_more},
      {"POST / HTTP/1.1", opening::http},
      {"PRI * HTTP/2.0", opening::http},
      {"OPTIONS * ", opening::http},
      {"SSH-2.0-OpenSSH", opening::unknown},
      {"PROXY TCP4 ", opening::unknown},
      {"\0"s, opening::unknown},
  };
  for (const auto& [bytes, answer] : rows) {
    CAPTURE(bytes);
    CHECK(detect_opening(bytes) == answer);
  }
}

TEST_CASE("SECURITY 4: an answer comes after at most so many bytes, and more bytes never change it") {
  for (const auto& text : {"\x16\x03\x01\x02\x00\x01"s, " \n <a>"s, "GET / HTTP"s, "PROPFIND /x"s, "POSSIBLE"s,
                           std::string(40, ' '), std::string(40, '\0'), "\xef\xbb\xbf<"s}) {
    auto answer = opening::need_more;
    for (std::size_t size = 0; size <= text.size(); ++size) {
      const auto now = detect_opening(std::string_view(text).substr(0, size));
      if (answer != opening::need_more) CHECK(now == answer);
      answer = now;
      if (size >= opening_bytes) CHECK(now != opening::need_more);
    }
    CHECK(answer != opening::need_more);
  }
}

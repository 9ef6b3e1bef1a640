#include <doctest/doctest.h>

#include "../../../source/xml/workspace.hpp"
#include "cutting.hpp"

using namespace couplet;
using test::client_header;
using test::fault_in_stream;
using xml::fault;

namespace {

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

/// What a scanner does with bytes that come one at a time: how much it looked at.
std::uint64_t work_byte_by_byte(std::string_view bytes, xml::scanner::step expected) {
  xml::tokenizer_limits limits{.max_element_bytes = 0, .max_depth = 0, .max_attributes = 0, .max_children = 0};
  const xml::header_scope header;
  xml::scanner s;
  s.begin(limits, header, true, false);
  xml::scanner::step last = xml::scanner::step::more;
  for (std::uint32_t size = 1; size <= bytes.size(); ++size) {
    REQUIRE(last == xml::scanner::step::more);
    last = s.run(bytes.data(), size);
  }
  CHECK(last == expected);
  return s.work();
}

}  // namespace

TEST_CASE("limits hold to the byte, the level, the attribute and the child") {
  xml::tokenizer_limits limits{.max_element_bytes = 200, .max_depth = 3, .max_attributes = 4, .max_children = 5};
  CHECK(fault_in_stream("<a>" + std::string(193, 'x') + "</a>", limits) == fault::none);
  CHECK(fault_in_stream("<a>" + std::string(194, 'x') + "</a>", limits) == fault::too_big);
  CHECK(fault_in_stream("<a><b><c/></b></a>", limits) == fault::none);
  CHECK(fault_in_stream("<a><b><c><d/></c></b></a>", limits) == fault::too_deep);
  CHECK(fault_in_stream("<a b='' c='' d='' xmlns='x'/>", limits) == fault::none);
  CHECK(fault_in_stream("<a b='' c='' d='' e='' xmlns='x'/>", limits) == fault::too_many_attributes);
  CHECK(fault_in_stream("<a><b/><b><c/><c/></b><b/></a><a><b/></a>", limits) == fault::none);
  CHECK(fault_in_stream("<a><b/><b><c/><c/></b><b/><b/></a>", limits) == fault::too_many_children);
}

TEST_CASE("SECURITY 2: many attributes, children and namespaces within 8 KiB") {
  xml::tokenizer_limits limits;
  limits.max_element_bytes = 8192;
  limits.max_children = 32;
  CHECK(fault_in_stream("<a" + repeated(" b=''", 4000) + "/>", limits) == fault::too_many_attributes);
  CHECK(fault_in_stream("<a>" + repeated("<b/>", 5000) + "</a>", limits) == fault::too_many_children);
  std::string declarations = "<a";
  for (int i = 0; i < 1000; ++i) declarations += " xmlns:p" + std::to_string(i) + "='x'";
  CHECK(fault_in_stream(declarations + "/>", limits) == fault::too_many_attributes);
  limits.max_attributes = limits.max_children = 0;
  CHECK(fault_in_stream("<a" + repeated(" b=''", 4000) + "/>", limits) == fault::too_big);
  CHECK(fault_in_stream("<a>" + repeated("<b/>", 5000) + "</a>", limits) == fault::too_big);
  CHECK(fault_in_stream(declarations + "/>", limits) == fault::too_big);
}

TEST_CASE("SECURITY 29: a million levels") {
  const std::string bombs = std::string(client_header) + repeated("<a>", 1'000'000);
  CHECK(test::feed({bombs}).fault == fault::too_deep);
  const xml::tokenizer_limits none{.max_element_bytes = 0, .max_depth = 0, .max_attributes = 0, .max_children = 0};
  CHECK(test::feed({bombs}, none).fault == fault::too_deep);
  CHECK(test::feed({std::string(client_header) + repeated("<a>", 1000) + repeated("</a>", 1000)}, none).fault == fault::none);
  CHECK(test::feed({std::string(client_header) + repeated("<a>", 1001)}, none).fault == fault::too_deep);
}

TEST_CASE("SECURITY 29: 1 MiB byte by byte is looked at once") {
  constexpr std::size_t size = 1 << 20;
  constexpr std::uint64_t most = 3 * size;  // the bytes, a step for each, and as much again to spare
  using step = xml::scanner::step;
  CHECK(work_byte_by_byte("<a b='" + std::string(size, 'x') + "'/>", step::done) < most);
  CHECK(work_byte_by_byte("<a>" + std::string(size, 'x') + "</a>", step::done) < most);
  CHECK(work_byte_by_byte("<a>" + repeated("\xF0\x9F\x98\x80", size / 4) + "</a>", step::done) < most);
  CHECK(work_byte_by_byte("<a><![CDATA[" + std::string(size, ']') + "]]></a>", step::done) < most);
  CHECK(work_byte_by_byte("<a>&#" + std::string(size, '0') + "65;</a>", step::done) < most);
  CHECK(work_byte_by_byte("<a" + std::string(size, ' ') + "/>", step::done) < most);
  CHECK(work_byte_by_byte("<" + std::string(size, 'a') + "/>", step::done) < most);
  CHECK(work_byte_by_byte("<" + std::string(size / 2, 'a') + "></" + std::string(size / 2, 'a') + ">", step::done) < most);
  CHECK(work_byte_by_byte("<a>" + repeated("<b/>", size / 4) + "</a>", step::done) < most);
}

TEST_CASE("SECURITY 29: a long attribute through the tokenizer, byte by byte") {
  const xml::tokenizer_limits limits{.max_element_bytes = 2 << 20, .max_depth = 4, .max_attributes = 4, .max_children = 0};
  xml::workspace_pool pool;
  xml::tokenizer t(pool, limits);
  std::string_view input = client_header;
  REQUIRE(t.next(input) == xml::token::header);
  const std::string element = "<a b='" + std::string(1 << 20, 'x') + "'/>";
  xml::token last = xml::token::need_more;
  for (const char& c : element) {
    REQUIRE(last == xml::token::need_more);
    input = {&c, 1};
    last = t.next(input);
  }
  CHECK(last == xml::token::element);
  CHECK(t.element().bytes == element);
}

TEST_CASE("SECURITY 29: 1,000 declarations of namespaces") {
  std::string element = "<a";
  for (int i = 0; i < 1000; ++i) element += " xmlns:p" + std::to_string(i) + "='urn:x'";
  CHECK(fault_in_stream(element + "/>") == fault::too_many_attributes);
  const xml::tokenizer_limits none{.max_element_bytes = 0, .max_depth = 0, .max_attributes = 0, .max_children = 0};
  CHECK(test::feed({std::string(client_header) + element + "/>"}, none).fault == fault::none);
}

TEST_CASE("SECURITY 30: an endless stanza is cut at the limit, and no more is held") {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{100}, std::size_t{16'384}}) {
    CAPTURE(piece);
    xml::workspace_pool pool;
    const xml::tokenizer_limits limits{.max_element_bytes = 10'000, .max_depth = 4, .max_attributes = 4, .max_children = 0};
    xml::tokenizer t(pool, limits);
    std::string_view input = client_header;
    REQUIRE(t.next(input) == xml::token::header);
    input = "<message><body>";
    REQUIRE(t.next(input) == xml::token::need_more);
    const std::string endless(piece, 'x');
    std::size_t fed = 15;
    for (;;) {
      input = endless;
      const xml::token k = t.next(input);
      fed += endless.size();
      if (k == xml::token::error) break;
      REQUIRE(k == xml::token::need_more);
      REQUIRE(t.held_bytes() == fed);
      REQUIRE(fed <= 10'000);
    }
    CHECK(fed > 10'000);
    CHECK(fed <= 10'000 + piece);
    CHECK(t.fault() == fault::too_big);
    CHECK(t.held_bytes() == 0);
  }
}

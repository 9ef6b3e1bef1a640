#include "xml/tokenizer.hpp"

#include <doctest/doctest.h>

#include "cutting.hpp"
#include "xml/names.hpp"

using namespace couplet;
using test::client_header;
using test::only_element;
using test::outcome;
using test::tokenize;
using xml::fault;
using xml::token;

TEST_CASE("a stream is cut into header, elements and footer") {
  const outcome o = tokenize("<?xml version='1.0' encoding='UTF-8'?>\n" + std::string(client_header) +
                             " <presence/>\r\n\t<message to='a@b'><body>x</body></message></stream:stream>");
  CHECK(o.fault == fault::none);
  REQUIRE(o.parts.size() == 4);
  CHECK(o.parts[0].kind == token::header);
  CHECK(o.parts[0].bytes == client_header);
  CHECK(o.parts[0].first_tag_size == client_header.size());
  CHECK(o.parts[0].name == "stream");
  CHECK(o.parts[0].prefix == "stream");
  CHECK(o.parts[0].namespace_uri == xml::ns::stream);
  CHECK(o.parts[1].kind == token::element);
  CHECK(o.parts[1].bytes == "<presence/>");
  CHECK(o.parts[1].self_closing);
  CHECK(o.parts[1].first_tag_size == 11);
  CHECK(o.parts[1].namespace_uri == "jabber:client");
  CHECK(o.parts[2].bytes == "<message to='a@b'><body>x</body></message>");
  CHECK(o.parts[2].first_tag_size == 18);
  CHECK(o.parts[2].name == "message");
  CHECK_FALSE(o.parts[2].self_closing);
  CHECK(o.parts[3].kind == token::footer);
}

TEST_CASE("all forms of a tag that XML allows") {
  CHECK(only_element("<a\n\tb = 'c'\r\n d=\"'\" ></a \n>").bytes == "<a\n\tb = 'c'\r\n d=\"'\" ></a \n>");
  CHECK(only_element("<a b='>' c='/>' />").self_closing);
  CHECK(only_element("<_a.b-c1 x_='\"'/>").name == "_a.b-c1");
  CHECK(only_element("<\xC3\xA9l\xC3\xA9ment \xE6\x97\xA5='\xE2\x82\xAC'/>").name == "\xC3\xA9l\xC3\xA9ment");
  CHECK(only_element("<a><a><a/></a><a></a></a>").first_tag_size == 3);
}

TEST_CASE("text, references and CDATA sections") {
  for (const char* content :
       {"&amp;&lt;&gt;&apos;&quot;", "&#65;&#x41;&#x10FFFF;&#9;&#xD;", "&#x0000000000000000000041;", "]] > ]", "\t\r\n \x7F",
        "a]]&gt;b", "\xF0\x9F\x98\x80 \xC2\x80 \xEF\xBF\xBD \xF4\x8F\xBF\xBF", "<![CDATA[]]>", "<![CDATA[<x>&]> ]]]>]",
        "<![CDATA[\xC3\xA9]]>", "<x>]]</x>>", "<![CDATA[x]]>>", "<![CDATA[a]]]]><![CDATA[>b]]>"}) {
    CAPTURE(content);
    CHECK(only_element("<m>" + std::string(content) + "</m>").bytes == "<m>" + std::string(content) + "</m>");
  }
  CHECK(test::fault_in_stream("<m><![CDATA[a]]>]]></m>") == fault::not_well_formed);
}

TEST_CASE("white space between elements costs nothing and has no limit") {
  xml::tokenizer_limits limits;
  limits.max_element_bytes = 200;
  CHECK(test::fault_in_stream(std::string(1000, ' ') + "<a/>" + std::string(1000, '\n'), limits) == fault::none);
}

TEST_CASE("a footer bears the name of the header, and nothing follows it") {
  CHECK(test::fault_in_stream("</stream:stream>") == fault::none);
  CHECK(test::fault_in_stream("</stream:stream \n> \n") == fault::none);
  CHECK(test::fault_in_stream("</stream>") == fault::not_well_formed);
  CHECK(test::fault_in_stream("</stream:streams>") == fault::not_well_formed);
  CHECK(test::fault_in_stream("</stream:stream><a/>") == fault::not_well_formed);
  CHECK(test::fault_in_stream("</stream:stream>x") == fault::not_well_formed);
  CHECK(tokenize("<s:stream xmlns:s='http://etherx.jabber.org/streams'></s:stream>").parts.size() == 2);
  CHECK(tokenize("<stream xmlns='http://etherx.jabber.org/streams'></stream:stream>").fault == fault::not_well_formed);
  CHECK(tokenize("</stream:stream>").fault == fault::not_well_formed);
}

TEST_CASE("a tokenizer is silent after an error until it is reset") {
  xml::workspace_pool pool;
  const xml::tokenizer_limits limits;
  xml::tokenizer t(pool, limits);
  std::string_view bad = "<!-- -->";
  CHECK(t.next(bad) == token::error);
  CHECK(t.next(bad) == token::error);
  CHECK(t.fault() == fault::restricted_xml);
  t.reset();
  CHECK(t.fault() == fault::none);
  std::string_view good = client_header;
  CHECK(t.next(good) == token::header);
}

TEST_CASE("reset forgets what was unfinished, and the old header") {
  xml::workspace_pool pool;
  const xml::tokenizer_limits limits;
  xml::tokenizer t(pool, limits);
  std::string_view input = "<s xmlns='jabber:client' xmlns:p='urn:p'>";
  CHECK(t.next(input) == token::header);
  CHECK(t.header_namespaces().size() == 2);
  input = "<message><bo";
  CHECK(t.next(input) == token::need_more);
  CHECK(t.held_bytes() == 12);
  t.reset();
  CHECK(t.held_bytes() == 0);
  CHECK(t.header_namespaces().empty());
  input = client_header;
  REQUIRE(t.next(input) == token::header);
  input = "<p:x/>";
  CHECK(t.next(input) == token::error);
}

TEST_CASE("limits that change hold from the next element on") {
  xml::workspace_pool pool;
  const xml::tokenizer_limits small{.max_element_bytes = 200, .max_depth = 2, .max_attributes = 4, .max_children = 0};
  const xml::tokenizer_limits large;
  xml::tokenizer t(pool, small);
  std::string_view input = client_header;
  REQUIRE(t.next(input) == token::header);
  input = "<a><b>";
  CHECK(t.next(input) == token::need_more);
  t.set_limits(large);
  input = "</b></a>";
  CHECK(t.next(input) == token::element);
  input = "<a><b><c/></b></a>";
  CHECK(t.next(input) == token::element);
  t.set_limits(small);
  input = "<a><b><c/></b></a>";
  CHECK(t.next(input) == token::error);
  CHECK(t.fault() == fault::too_deep);
}

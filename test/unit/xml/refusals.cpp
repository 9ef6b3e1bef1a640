#include <doctest/doctest.h>

#include "cutting.hpp"

using namespace couplet;
using test::client_header;
using test::fault_in_stream;
using test::tokenize;
using xml::fault;

namespace {

/// The fault of bytes where an element is expected, and as the content of one.
void refused_everywhere(std::string_view bytes, fault expected) {
  CAPTURE(std::string(bytes));
  CHECK(fault_in_stream(bytes) == expected);
  CHECK(fault_in_stream("<a>" + std::string(bytes)) == expected);
  CHECK(fault_in_stream("<a><b>text " + std::string(bytes)) == expected);
}

fault in_text(std::string_view text) {
  return fault_in_stream("<a>" + std::string(text) + "</a>");
}
fault in_value(std::string_view value) {
  return fault_in_stream("<a b='" + std::string(value) + "'/>");
}
fault in_name(std::string_view name) {
  return fault_in_stream("<" + std::string(name) + "/>");
}

}  // namespace

TEST_CASE("SECURITY 20: a DOCTYPE is refused at once, wherever it stands") {
  const std::string laughs = "<!DOCTYPE lolz [<!ENTITY lol 'lol'><!ENTITY lol2 '&lol;&lol;&lol;&lol;'>]>";
  CHECK(tokenize(laughs + std::string(client_header)).fault == fault::restricted_xml);
  CHECK(tokenize("<?xml version='1.0'?>" + laughs).fault == fault::restricted_xml);
  refused_everywhere(laughs, fault::restricted_xml);
  refused_everywhere("<!D", fault::restricted_xml);  // nothing is waited for
  CHECK(tokenize("<stream:stream to='<!DOCTYPE x>'>").fault == fault::not_well_formed);
  CHECK(tokenize("<stream:stream xmlns:stream='s' to='&lol2;'>").fault == fault::restricted_xml);
  CHECK(test::only_element("<a b='!DOCTYPE x'/>").name == "a");
}

TEST_CASE("SECURITY 21: comments, processing instructions and entities beyond the five are refused") {
  refused_everywhere("<!-- comment -->", fault::restricted_xml);
  refused_everywhere("<!-", fault::restricted_xml);
  refused_everywhere("<?php ?>", fault::restricted_xml);
  refused_everywhere("<?", fault::restricted_xml);
  CHECK(tokenize("<!-- x --><stream:stream>").fault == fault::restricted_xml);
  for (const char* entity : {"&nbsp;", "&foo;", "&AMP;", "&am;", "&amp_;", "&lt.x;", "&x1;"}) {
    CAPTURE(entity);
    CHECK(in_text(entity) == fault::restricted_xml);
    CHECK(in_value(entity) == fault::restricted_xml);
  }
}

TEST_CASE("SECURITY 22: duplicate attributes") {
  CHECK(fault_in_stream("<a b='1' b='2'/>") == fault::not_well_formed);
  CHECK(fault_in_stream("<a xmlns='x' xmlns='x'/>") == fault::not_well_formed);
  CHECK(fault_in_stream("<a xmlns:p='x' xmlns:p='x'/>") == fault::not_well_formed);
  CHECK(fault_in_stream("<a xmlns:p='x' xmlns:q='&#120;' p:b='1' q:b='2'/>") == fault::not_well_formed);
  CHECK(fault_in_stream("<a xmlns:p='x' xmlns:q='y' p:b='1' q:b='2' b='3'/>") == fault::none);
  std::string many = "<a";
  for (int i = 0; i < 40; ++i) many += " b" + std::to_string(i) + "=''";
  CHECK(fault_in_stream(many + "/>") == fault::none);
  CHECK(fault_in_stream(many + " b17=''/>") == fault::not_well_formed);
}

TEST_CASE("SECURITY 22: prefixes undeclared, empty, or rebound") {
  CHECK(fault_in_stream("<p:a/>") == fault::not_well_formed);
  CHECK(fault_in_stream("<a p:b=''/>") == fault::not_well_formed);
  CHECK(fault_in_stream("<a><p:b/></a>") == fault::not_well_formed);
  CHECK(fault_in_stream("<a xmlns:p=''/>") == fault::not_well_formed);
  CHECK(fault_in_stream("<a xmlns:xml='urn:x'/>") == fault::not_well_formed);
  CHECK(fault_in_stream("<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>") == fault::not_well_formed);
  CHECK(fault_in_stream("<a xmlns='http://www.w3.org/XML/1998/namespace'/>") == fault::not_well_formed);
  CHECK(fault_in_stream("<a xmlns:xml='http://www.w3.org/XML/1998/namespace'/>") == fault::none);
  CHECK(fault_in_stream("<a xmlns:xmlns='http://www.w3.org/2000/xmlns/'/>") == fault::not_well_formed);
  CHECK(fault_in_stream("<a xmlns:p='http://www.w3.org/2000/xmlns/'/>") == fault::not_well_formed);
  CHECK(fault_in_stream("<a xmlns='http://www.w3.org/2000/xmlns&#x2f;'/>") == fault::not_well_formed);
  CHECK(fault_in_stream("<xmlns:a/>") == fault::not_well_formed);
}

TEST_CASE("SECURITY 22: names with colons in the wrong places, and no names") {
  for (const char* name : {"a:b:c", ":a", "a:", ":", "a:1", "1", "-a", ".a", "xml:1", "a::b", "\xC2\xB7", "\xCC\x80x",
                           "a\xC3\x97", "\xEF\xBC\xA1", "\xF0\x90\x80\x80", "a\xC2", "a=b", "a&amp;", "\"a\""}) {
    CAPTURE(name);
    CHECK(in_name(name) == fault::not_well_formed);
    CHECK(fault_in_stream("<a xmlns:a='x' " + std::string(name) + "=''/>") == fault::not_well_formed);
  }
}

TEST_CASE("SECURITY 22: ]]> in text and < in values") {
  CHECK(in_text("]]>") == fault::not_well_formed);
  CHECK(in_text("x]]]>y") == fault::not_well_formed);
  CHECK(in_value("<") == fault::not_well_formed);
  CHECK(in_value("a<b") == fault::not_well_formed);
  CHECK(in_value("]]>") == fault::none);
  CHECK(in_text("]&#93;>") == fault::none);
}

TEST_CASE("SECURITY 22: characters that XML does not have") {
  for (int c = 0; c < 0x20; ++c) {
    CAPTURE(c);
    const std::string one(1, static_cast<char>(c));
    const fault expected = c == 9 || c == 10 || c == 13 ? fault::none : fault::not_well_formed;
    CHECK(in_text(one) == expected);
    CHECK(in_value(one) == expected);
    CHECK(in_text("<![CDATA[" + one + "]]>") == expected);
    CHECK(in_text("&#" + std::to_string(c) + ";") == expected);
  }
  for (const char* bad :
       {"&#0;", "&#x0;", "&#xD800;", "&#xDFFF;",  "&#xFFFE;", "&#xFFFF;", "&#x110000;", "&#99999999999999999999;",
        "&#;",  "&#x;",  "&#X41;",   "&#xG;",     "&#6 5;",   "&#65",     "&;",         "& ",
        "&1;",  "&a#b;", "&-a;",     "&\xC3\xA9;"}) {
    CAPTURE(bad);
    CHECK(in_text(bad) == fault::not_well_formed);
    CHECK(in_value(bad) == fault::not_well_formed);
  }
}

TEST_CASE("SECURITY 22: what is no UTF-8") {
  for (const char* bad : {"\xEF\xBF\xBE",
                          "\xEF\xBF\xBF",
                          "\xC0\x80",
                          "\xC1\xBF",
                          "\xE0\x80\x80",
                          "\xE0\x9F\xBF",
                          "\xF0\x80\x80\x80",
                          "\xF0\x8F\xBF\xBF",
                          "\xED\xA0\x80",
                          "\xED\xBF\xBF",
                          "\xF4\x90\x80\x80",
                          "\xF5\x80\x80\x80",
                          "\xFF",
                          "\xFE",
                          "\x80",
                          "\xBF",
                          "\xC3",
                          "\xC3(",
                          "\xE2\x82",
                          "\xE2(\x82",
                          "\xF0\x9F\x98",
                          "\xF0\x9F\x98<"}) {
    CAPTURE(bad);
    CHECK(in_text(bad) == fault::not_well_formed);
    CHECK(in_value(bad) == fault::not_well_formed);
    CHECK(in_text("<![CDATA[" + std::string(bad) + "]]>") == fault::not_well_formed);
    CHECK(fault_in_stream(bad) == fault::not_well_formed);
  }
}

TEST_CASE("SECURITY 22: two roots, text between elements, tags that do not match") {
  CHECK(fault_in_stream("</stream:stream>" + std::string(client_header)) == fault::not_well_formed);
  CHECK(fault_in_stream("text") == fault::not_well_formed);
  CHECK(fault_in_stream("&#32;") == fault::not_well_formed);
  CHECK(fault_in_stream("<![CDATA[ ]]>") == fault::not_well_formed);
  for (const char* bad :
       {"<a></b>", "<a></ab>", "<ab></a>", "<a></A>", "<a><b></a></b>", "<a></ a>", "<a></a b>",           "<a></a/>",
        "</a>",    "<a/ >",    "<a / >",   "<a b/>",  "<a b=/>",        "<a b=c/>", "<a b='c'd='e'/>",     "<a b='c\"/>'<",
        "<a <b/>", "<a>< b/>", "< a/>",    "<>",      "<a b='c'/x>",    "<!x>",     "<a><![cdata[]]></a>", "<a><![CDATA []]></a>",
        "<a='b'/>"}) {
    CAPTURE(bad);
    CHECK(fault_in_stream(bad) == fault::not_well_formed);
  }
}

TEST_CASE("the first fault in the bytes is the one that is told") {
  CHECK(fault_in_stream("<a>&foo;<!-- -->\x01</b>") == fault::restricted_xml);
  CHECK(fault_in_stream("<a>\x01&foo;") == fault::not_well_formed);
  CHECK(fault_in_stream("<p:a b='&foo;'>") == fault::restricted_xml);  // a prefix is looked at when the tag is complete
  const xml::tokenizer_limits limits{.max_element_bytes = 200, .max_depth = 2, .max_attributes = 4, .max_children = 0};
  CHECK(fault_in_stream("<a><b><c>" + std::string(300, 'x'), limits) == fault::too_deep);
  CHECK(fault_in_stream("<a>" + std::string(300, 'x') + "<b><c>", limits) == fault::too_big);
  CHECK(fault_in_stream("<a>" + std::string(196, 'x') + "\x01", limits) == fault::not_well_formed);
  CHECK(fault_in_stream("<a>" + std::string(197, 'x') + "\x01", limits) == fault::too_big);
  CHECK(fault_in_stream("<a>" + std::string(196, 'x') + "\xC3(", limits) == fault::too_big);
}

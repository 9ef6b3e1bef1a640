// Where elements end and what they need to stand alone, in bytes that a tokenizer has let through.

#include "xml/children.hpp"

#include <doctest/doctest.h>

#include <string>

#include "xml/standalone.hpp"

using namespace couplet;

TEST_CASE("children: an element ends with its own end tag") {
  for (const char* const element : {
           "<a/>",
           "<a b='>'/>",
           "<a b='/>' >x</a>",
           "<a><a/><a><a></a></a></a>",
           "<a>1 &gt; 0<![CDATA[</a><a>]]]></a>",
           "<p:a xmlns:p='u'><b c=\"'</a>\"/></p:a>",
       }) {
    CAPTURE(element);
    const std::string text = element;
    CHECK(xml::element_ends(text, 0) == text.size());
    CHECK(xml::element_ends("<x>" + text + "<a/></x>", 3) == 3 + text.size());
    const auto around = "<x> " + text + "<y/></x>";
    xml::child_cursor walk(around);
    REQUIRE(walk.next());
    CHECK(walk.whole() == text);
    REQUIRE(walk.next());
    CHECK(walk.whole() == "<y/>");
    CHECK_FALSE(walk.next());
  }
}

TEST_CASE("children: what stands alone has the nearest declaration of each name that it may use") {
  const std::string in = "<y xmlns='inner' xmlns:p='near'>", out = "<x xmlns='outer' xmlns:p='far' xmlns:q='far' xmlns:z='no'>";
  CHECK(xml::stand_alone("<p:a q:b='c'/>", {in, out}) == "<p:a xmlns:q='far' xmlns:p='near' xmlns='inner' q:b='c'/>");
  CHECK(xml::stand_alone("<a xmlns='own'/>", {in, out}) == "<a xmlns='own'/>");
}

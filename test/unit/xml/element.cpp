#include "xml/element.hpp"

#include <doctest/doctest.h>

#include "xml/names.hpp"

using namespace couplet;

TEST_CASE("names and namespaces are resolved over the ancestors, then from outside") {
  xml::fragment f;
  const xml::element iq =
      f.parse("<iq><query xmlns='jabber:iq:auth'><username>a</username><p:x xmlns:p='urn:p'><y/><p:z/></p:x></query></iq>",
              xml::ns::client);
  REQUIRE(iq);
  CHECK(iq.is("iq", xml::ns::client));
  CHECK_FALSE(iq.child("query"));
  const xml::element query = iq.child("query", xml::ns::iq_auth);
  REQUIRE(query);
  CHECK(query.child("username").text() == "a");
  const xml::element x = query.child("x", "urn:p");
  REQUIRE(x);
  CHECK(x.name() == "x");
  CHECK(x.first_child().is("y", xml::ns::iq_auth));
  CHECK(x.first_child().next_sibling().is("z", "urn:p"));
  CHECK_FALSE(x.first_child().next_sibling().next_sibling());
}

TEST_CASE("prefixes that every stream has, and one that nobody declares") {
  xml::fragment f;
  CHECK(f.parse("<stream:error/>", xml::ns::client).namespace_uri() == xml::ns::stream);
  CHECK(f.parse("<xml:x/>", xml::ns::client).namespace_uri() == xml::ns::xml);
  CHECK(f.parse("<other:x/>", xml::ns::client).namespace_uri().empty());
  CHECK(f.parse("<x xmlns=''/>", xml::ns::client).namespace_uri().empty());
  CHECK(f.parse("<x xmlnsp='urn:no'/>", xml::ns::client).namespace_uri() == xml::ns::client);
}

TEST_CASE("attributes are decoded; none is not the same as empty") {
  xml::fragment f;
  const xml::element e = f.parse("<a b='&lt;&#xe9;&amp;' c='' d:b='no' xmlns:d='d'/>", xml::ns::client);
  CHECK(e.attribute("b") == "<\xC3\xA9&");
  CHECK(e.attribute("c") == "");
  CHECK_FALSE(e.attribute("x").has_value());
}

TEST_CASE("text joins character data and CDATA sections, and keeps blanks") {
  xml::fragment f;
  CHECK(f.parse("<a>x<b>no</b> y<![CDATA[ <&> ]]>&amp;</a>", xml::ns::client).text() == "x y <&> &");
  CHECK(f.parse("<a>  </a>", xml::ns::client).text() == "  ");
  CHECK(f.parse("<a/>", xml::ns::client).text().empty());
}

TEST_CASE("an empty element answers everything") {
  const xml::element none;
  CHECK_FALSE(none);
  CHECK(none.name().empty());
  CHECK(none.namespace_uri().empty());
  CHECK_FALSE(none.is("", ""));
  CHECK_FALSE(none.attribute("a").has_value());
  CHECK(none.text().empty());
  CHECK_FALSE(none.first_child());
  CHECK_FALSE(none.next_sibling());
  CHECK_FALSE(none.child("a", "b"));
  xml::fragment f;
  CHECK_FALSE(f.parse("<a>", xml::ns::client));
}

TEST_CASE("a fragment is used again") {
  xml::fragment f;
  for (int i = 0; i < 100; ++i)
    CHECK(f.parse("<a><b>" + std::to_string(i) + "</b></a>", "").first_child().text() == std::to_string(i));
}

#include "xml/first_tag.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace couplet;

TEST_CASE("a cursor walks over the attributes of the first tag only") {
  const std::string_view bytes = "<p:a  b = '1'\n\tc=\"it's >\" d='&lt;/>'><x y='z'/></p:a>";
  xml::attribute_cursor c(bytes);
  CHECK(c.name() == "p:a");
  REQUIRE(c.next());
  CHECK(c.current().name == "b");
  CHECK(c.current().value == "1");
  CHECK(c.current().whole == "b = '1'");
  REQUIRE(c.next());
  CHECK(c.current().name == "c");
  CHECK(c.current().value == "it's >");
  REQUIRE(c.next());
  CHECK(c.current().value == "&lt;/>");
  CHECK_FALSE(c.next());
  CHECK_FALSE(c.next());
  CHECK(c.close_begins() == bytes.find("><x"));
  CHECK(c.tag_size() == bytes.find("<x"));
  CHECK_FALSE(c.self_closing());
}

TEST_CASE("a cursor knows where a tag without content closes") {
  for (const std::string_view bytes : {"<a/>", "<a b=''/>", "<a b='' />"}) {
    CAPTURE(bytes);
    xml::attribute_cursor c(bytes);
    while (c.next()) CHECK(c.current().name == "b");
    CHECK(c.self_closing());
    CHECK(c.close_begins() == bytes.size() - 2);
    CHECK(c.tag_size() == bytes.size());
  }
}

TEST_CASE("a cursor over bytes that no tokenizer has seen stops at their end") {
  for (const std::string_view bytes : {"", "a", "<", "<a", "<a ", "<a b", "<a b=", "<a b='", "<a b='c", "<a b='c'", "<a /"}) {
    CAPTURE(bytes);
    xml::attribute_cursor c(bytes);
    int steps = 0;
    while (c.next()) ++steps;
    CHECK(steps <= 1);
    CHECK(c.tag_size() <= bytes.size());
  }
}

TEST_CASE("an attribute is found by its name as written") {
  const std::string_view bytes = "<a to='x' xml:lang='en' from='' ><b id='1'/></a>";
  CHECK(xml::find_attribute(bytes, "to") == "x");
  CHECK(xml::find_attribute(bytes, "xml:lang") == "en");
  CHECK(xml::find_attribute(bytes, "from").empty());
  CHECK(xml::find_attribute(bytes, "from").data() != nullptr);
  CHECK(xml::find_attribute(bytes, "lang").data() == nullptr);
  CHECK(xml::find_attribute(bytes, "id").data() == nullptr);
}

TEST_CASE("values are decoded, and copied only if there is something to decode") {
  std::string scratch = "old";
  const std::string_view plain = "nothing to do: >'";
  CHECK(xml::decode_attribute(plain, scratch).data() == plain.data());
  CHECK(xml::decode_attribute("&amp;&lt;&gt;&apos;&quot;", scratch) == "&<>'\"");
  CHECK(xml::decode_attribute("a&#65;&#x42;&#xe9;&#x20AC;&#x1F600;z", scratch) == "aAB\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z");
  CHECK(xml::decode_attribute("a\tb\nc\rd\r\ne\n\nf", scratch) == "a b c d e  f");
  CHECK(xml::decode_attribute("&#9;&#10;&#xD;", scratch) == "\t\n\r");
  CHECK(xml::decode_attribute("&amp;lt;", scratch) == "&lt;");
}

TEST_CASE("what is no reference stays as it is") {
  std::string scratch;
  CHECK(xml::decode_attribute("&#0; &x; & &#x110000;", scratch) == "&#0; &x; & &#x110000;");
}

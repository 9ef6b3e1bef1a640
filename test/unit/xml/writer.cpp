#include "xml/writer.hpp"

#include <doctest/doctest.h>

#include "xml/element.hpp"
#include "xml/first_tag.hpp"

using namespace couplet;

TEST_CASE("text and attribute values are escaped") {
  std::string out = "x";
  xml::append_text(out, "a<b>&c]]>'\"\r\n\t");
  CHECK(out == "xa&lt;b&gt;&amp;c]]&gt;'\"&#xD;\n\t");
  out.clear();
  xml::append_attribute_value(out, "<>&'\"\t\n\r plain");
  CHECK(out == "&lt;&gt;&amp;&apos;&quot;&#x9;&#xA;&#xD; plain");
  out.clear();
  xml::append_attribute(out, "to", "o'neil");
  CHECK(out == " to='o&apos;neil'");
  out.clear();
  xml::append_text(out, "");
  CHECK(out.empty());
}

TEST_CASE("what is written arrives as it was") {
  std::string every;
  for (char c = ' '; c < 0x7F; ++c) every += c;
  every += "\t\n\r\r\n\xC3\xA9\xF0\x9F\x98\x80";
  std::string out = "<a";
  xml::append_attribute(out, "b", every);
  out += '>';
  xml::append_text(out, every);
  out += "</a>";
  std::string scratch;
  CHECK(xml::decode_attribute(xml::find_attribute(out, "b"), scratch) == every);
  xml::fragment f;
  const xml::element e = f.parse(out, "");
  CHECK(e.text() == every);
  CHECK(e.attribute("b") == every);
}

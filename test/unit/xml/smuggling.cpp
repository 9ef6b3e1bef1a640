#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "../../fuzz/xml_oracle.hpp"
#include "cutting.hpp"

// Two parsers that read different things from the same bytes let a stanza be smuggled past the one that checks. So whatever the
// tokenizer lets through is read by expat too, which must find the same tree. All inputs of this room's other tests go the
// same way (test::tokenize).

using namespace couplet;
using test::client_header;
using xml::fault;

TEST_CASE("SECURITY 23: expat reads the same from the fuzzer's corpus") {
  const char* const data = std::getenv("COUPLET_TEST_DATA");
  REQUIRE_MESSAGE(data != nullptr, "COUPLET_TEST_DATA names test/data");
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(data) + "/../fuzz/corpus/xml_tokenizer")) {
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    CAPTURE(entry.path().filename().string());
    REQUIRE_FALSE(bytes.empty());
    CHECK_NOTHROW(test::compare_with_expat(bytes));
    ++files;
  }
  CHECK(files >= 20);
}

TEST_CASE("SECURITY 23: what smuggled stanzas elsewhere is refused, or is one element for expat too") {
  struct row {
    std::string element;
    fault expected;
  };
  const std::vector<row> rows{
      // Bytes of a character that is not whole swallow a delimiter (CVE-2022-25235).
      {"<a\xC3>b</a\xC3>", fault::not_well_formed},
      {"<a b\xE2\x82='c'/>", fault::not_well_formed},
      {"<a b='\xC3'/><message to='c'/>", fault::not_well_formed},
      {"<a>\xF0\x9F</a><message to='b'/>", fault::not_well_formed},
      // What separates names inside of a parser, in the name of a namespace (CVE-2022-25236).
      {"<a xmlns='urn:x&#1;body'/>", fault::not_well_formed},
      {"<a xmlns='urn:x&#10;body'/>", fault::none},
      {"<a xmlns:p='urn:x body'><p:b/></a>", fault::none},
      {"<a xmlns:p='urn:x&gt;&lt;message/&gt;'><p:b/></a>", fault::none},
      // Tags that are none.
      {"<a><![CDATA[</a><message to='b'/>]]></a>", fault::none},
      {"<a b='/><message to=\"c\"/>'/>", fault::not_well_formed},
      {"<a b='/>' c=\"/></a>\"/>", fault::not_well_formed},
      {"<a b='/>' c=\"/>'\">/&gt;</a>", fault::none},
      {"<a b=\"'>\" c='\"/>'>&lt;/a&gt;&#60;message/&#x3E;</a>", fault::none},
      {"<a>]]&gt;</a>", fault::none},
      {"<a><!-- </a><message to='b'/> --></a>", fault::restricted_xml},
      {"<a><?x </a><message to='b'/> ?></a>", fault::restricted_xml},
      // The same attribute or prefix under two names.
      {"<a xmlns:p='urn:x' xmlns:q='urn:x' p:from='1' q:from='2'/>", fault::not_well_formed},
      {"<a from='1'  from='2'/>", fault::not_well_formed},
      {"<a xmlns:p='urn:x'><b xmlns:p='urn:y' p:c='1'/><p:d/></a>", fault::none},
      {"<stream:a xmlns:stream='urn:other'/>", fault::none},
  };
  for (const auto& r : rows) {
    CAPTURE(r.element);
    CHECK(test::fault_in_stream(r.element) == r.expected);  // and through expat
  }
}

#include <doctest/doctest.h>

#include "cutting.hpp"
#include "xml/names.hpp"

// The beginning of a stream: XML declaration, byte order marks, the header and its namespaces.

using namespace couplet;
using test::client_header;
using test::tokenize;
using xml::fault;
using xml::token;

namespace {

fault fault_after(std::string_view before) {
  return tokenize(std::string(before) + std::string(client_header)).fault;
}

}  // namespace

TEST_CASE("XML declarations that are taken") {
  for (const char* d : {"<?xml version='1.0'?>", "<?xml version=\"1.0\" ?>", "<?xml\tversion = '1.0' encoding='utf-8'?>",
                        "<?xml version='1.0' encoding=\"UTF-8\" standalone='yes'?>\n", "<?xml version='1.0' standalone='no' ?>",
                        "<?xml\n version='1.0'\n encoding='Utf-8'\n?>\r\n\t "}) {
    CAPTURE(d);
    CHECK(fault_after(d) == fault::none);
  }
}

TEST_CASE("XML declarations that are refused") {
  for (const char* d : {"<?xml ?>", "<?xml encoding='UTF-8'?>", "<?xml version='1.1'?>", "<?xml version='1.0'encoding='UTF-8'?>",
                        "<?xml version='1.0' standalone='maybe'?>", "<?xml version='1.0' standalone='yes' encoding='UTF-8'?>",
                        "<?xml version='1.0\"?>", "<?xml version=1.0?>", "<?xml version='1.0'>", "<?xml version='1.0' x='y'?>",
                        "<?xml version='1.0' encoding=''?>", "<?xml version='1.0' encoding='-x'?>",
                        "<?xml version='1.0'?"
                        "?>",
                        "<?xml version='1.0' encoding='\xC3\xA9'?>", "<?xml version='1.0' <?>", "<?xml version ?>"}) {
    CAPTURE(d);
    CHECK(fault_after(d) == fault::not_well_formed);
  }
  CHECK(fault_after("<?xml version='1.0' encoding='ISO-8859-1'?>") == fault::unsupported_encoding);
  CHECK(fault_after("<?xml version='1.0' encoding='UTF-16'?>") == fault::unsupported_encoding);
  CHECK(fault_after("<?xml version='1.0' encoding='UTF-88'?>") == fault::unsupported_encoding);
}

TEST_CASE("an XML declaration stands at the very start, once") {
  CHECK(fault_after(" <?xml version='1.0'?>") == fault::restricted_xml);
  CHECK(fault_after("<?xml version='1.0'?><?xml version='1.0'?>") == fault::restricted_xml);
  CHECK(test::fault_in_stream("<?xml version='1.0'?>") == fault::restricted_xml);
  CHECK(fault_after("<?xml-stylesheet href='x'?>") == fault::restricted_xml);
  CHECK(fault_after("<?XML version='1.0'?>") == fault::restricted_xml);
}

TEST_CASE("byte order marks: UTF-16 is another encoding, UTF-8's is text before the header") {
  CHECK(tokenize("\xFE\xFF").fault == fault::unsupported_encoding);
  CHECK(tokenize("\xFF\xFE<").fault == fault::unsupported_encoding);
  CHECK(fault_after("\xEF\xBB\xBF") == fault::not_well_formed);
  CHECK(fault_after(" \xFF\xFE") == fault::not_well_formed);
}

TEST_CASE("probes in other protocols are refused at their first byte") {
  for (const char* probe : {"GET / HTTP/1.1\r\n\r\n", "SSH-2.0-x\r\n", "\x16\x03\x01", "\x80", "]", "&amp;"})
    CHECK(tokenize(probe).fault == fault::not_well_formed);
  CHECK(tokenize(std::string(10, '\0')).fault == fault::not_well_formed);
}

TEST_CASE("a header that closes itself is no stream") {
  CHECK(tokenize("<stream:stream xmlns:stream='http://etherx.jabber.org/streams'/>").fault == fault::not_well_formed);
}

TEST_CASE("the limit of bytes holds for the header and all before it") {
  const std::string before = "<?xml version='1.0'?>  ";
  const std::string all = before + std::string(client_header);
  xml::tokenizer_limits limits;
  limits.max_element_bytes = static_cast<std::uint32_t>(all.size());
  CHECK(tokenize(all, limits).fault == fault::none);
  CHECK(tokenize(" " + std::string(all.size() - client_header.size() - 1, '\n') + std::string(client_header), limits).fault ==
        fault::none);
  --limits.max_element_bytes;
  CHECK(tokenize(all, limits).fault == fault::too_big);
  limits.max_element_bytes = 10;
  CHECK(tokenize(std::string(10, ' '), limits).fault == fault::none);
  CHECK(tokenize(std::string(11, ' '), limits).fault == fault::too_big);
  CHECK(tokenize("<?xml          ", limits).fault == fault::too_big);
}

TEST_CASE("a stream that begins again forgives white space of the one before") {
  for (const char* before : {"", "\n", " \r\n "}) {
    xml::workspace_pool pool;
    const xml::tokenizer_limits limits;
    xml::tokenizer t(pool, limits);
    std::string_view input = client_header;
    REQUIRE(t.next(input) == token::header);
    t.reset();
    const std::string again = std::string(before) + "<?xml version='1.0'?>" + std::string(client_header);
    input = again;
    CHECK(t.next(input) == token::header);
  }
}

TEST_CASE("the namespaces of a header, usual and unusual") {
  using list = std::vector<xml::prefix_declaration>;
  CHECK(tokenize(client_header).header_namespaces == list{{"", "jabber:client"}, {"stream", std::string(xml::ns::stream)}});
  CHECK(tokenize("<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams'>")
            .header_namespaces == list{{"", "jabber:component:accept"}, {"stream", std::string(xml::ns::stream)}});
  CHECK(tokenize("<s xmlns:z='urn:z' xmlns='' xmlns:a='a&amp;&#x62;' xmlns:xml='http://www.w3.org/XML/1998/namespace'>")
            .header_namespaces == list{{"", ""}, {"a", "a&b"}, {"z", "urn:z"}});
  CHECK(tokenize("<s>").header_namespaces.empty());
  CHECK(tokenize("<s xmlns:stream='urn:x'>").header_namespaces == list{{"stream", "urn:x"}});
}

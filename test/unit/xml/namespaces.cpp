#include <doctest/doctest.h>

#include "cutting.hpp"
#include "xml/names.hpp"

using namespace couplet;
using test::only_element;
using test::tokenize;
using xml::fault;

namespace {

/// The only element in a stream whose header declares the prefixes p and q as well.
test::part in_prefixed_stream(std::string_view input) {
  const test::outcome o = tokenize(
      "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' xmlns:p='urn:p' "
      "xmlns:q='a&apos;&amp;'>" +
      std::string(input));
  CHECK(o.fault == fault::none);
  REQUIRE(o.parts.size() == 2);
  return o.parts[1];
}

}  // namespace

TEST_CASE("an element's namespace: its own declaration, its prefix, the header's") {
  CHECK(only_element("<a/>").namespace_uri == "jabber:client");
  CHECK(only_element("<a xmlns='urn:a'><b xmlns='urn:b'/></a>").namespace_uri == "urn:a");
  CHECK(only_element("<a xmlns=''/>").namespace_uri.empty());
  CHECK(only_element("<p:a xmlns:p='urn:p'><p:b xmlns:p='urn:q'/></p:a>").namespace_uri == "urn:p");
  CHECK(only_element("<p:a xmlns:p='urn:p'/>").prefix == "p");
  CHECK(only_element("<stream:error/>").namespace_uri == xml::ns::stream);
  CHECK(only_element("<xml:a/>").namespace_uri == xml::ns::xml);
  CHECK(only_element("<a xmlns='&#x75;rn:&amp;\n'/>").namespace_uri == "urn:& ");
  CHECK(tokenize("<s><a/>").parts.at(1).namespace_uri.empty());
  CHECK(in_prefixed_stream("<q:a/>").namespace_uri == "a'&");
}

TEST_CASE("prefixes that only the header declares are told") {
  CHECK_FALSE(in_prefixed_stream("<a/>").uses_header_prefixes);
  CHECK(in_prefixed_stream("<p:a/>").uses_header_prefixes);
  CHECK(in_prefixed_stream("<a><b p:c=''/></a>").uses_header_prefixes);
  CHECK_FALSE(in_prefixed_stream("<p:a xmlns:p='urn:p'><p:b/></p:a>").uses_header_prefixes);
  CHECK(in_prefixed_stream("<a><p:b xmlns:p='urn:p'/><p:c/></a>").uses_header_prefixes);
  CHECK_FALSE(in_prefixed_stream("<stream:a xml:lang='en'/>").uses_header_prefixes);
  CHECK(tokenize("<s xmlns:stream='urn:other'><stream:a/>").parts.at(1).uses_header_prefixes);
}

TEST_CASE("declarations of the servers' namespaces are seen at any depth and in any spelling") {
  CHECK_FALSE(only_element("<a b='jabber:server'>jabber:server</a>").declares_server_namespace);
  CHECK_FALSE(only_element("<a xmlns='jabber:server:dialback'/>").declares_server_namespace);
  CHECK(only_element("<a xmlns='jabber:server'/>").declares_server_namespace);
  CHECK(only_element("<a><b><c xmlns=\"jabber:component:accept\"/></b></a>").declares_server_namespace);
  CHECK(only_element("<a xmlns:p='jabber:server'/>").declares_server_namespace);
  CHECK(only_element("<a xmlns='jabber&#58;server'/>").declares_server_namespace);
  CHECK(only_element("<a xmlns:p='&#x6a;abber:serve&#114;'/>").declares_server_namespace);
}

TEST_CASE("a prefix ends with the element that declares it") {
  CHECK(test::fault_in_stream("<a><b xmlns:p='urn:p'><p:c/></b><p:d/></a>") == fault::not_well_formed);
  CHECK(test::fault_in_stream("<a><b xmlns:p='urn:p'/><p:d/></a>") == fault::not_well_formed);
  CHECK(test::fault_in_stream("<a xmlns:p='urn:p'/><p:b/>") == fault::not_well_formed);
  CHECK(test::fault_in_stream("<p:a xmlns:p='urn:p'><b xmlns:p='urn:q'/><p:c/></p:a>") == fault::none);
}

TEST_CASE("many prefixes in one scope are told apart") {
  xml::tokenizer_limits limits;
  limits.max_attributes = 0;
  std::string element = "<a";
  std::string uses;
  for (int i = 0; i < 500; ++i) {
    element += " xmlns:p" + std::to_string(i) + "='urn:" + std::to_string(i / 2) + "'";
    uses += "<p" + std::to_string(i) + ":x/>";
  }
  const std::string head(test::client_header);
  CHECK(test::feed({head + element + ">" + uses + "</a>"}, limits).fault == fault::none);
  CHECK(test::feed({head + element + "><b p2:x='' p4:x=''/></a>"}, limits).fault == fault::none);
  CHECK(test::feed({head + element + "><b p2:x='' p3:x=''/></a>"}, limits).fault == fault::not_well_formed);
  CHECK(test::feed({head + element + "><p500:x/></a>"}, limits).fault == fault::not_well_formed);
}

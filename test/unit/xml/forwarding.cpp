#include <doctest/doctest.h>

#include "cutting.hpp"
#include "xml/names.hpp"
#include "xml/tokenizer.hpp"

using namespace couplet;

namespace {

std::string with_client_namespace(std::string_view bytes) {
  std::string out = "before ";
  xml::append_with_client_namespace(out, bytes);
  CHECK(out.starts_with("before "));
  return out.substr(7);
}

/// What append_header_prefixes adds to the only element in a stream with the prefixes p, q, r and server.
std::string added(std::string_view element) {
  const std::string input =
      "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' xmlns:p='urn:p&apos;'"
      " xmlns:q='urn:q' xmlns:\xC3\xA9='urn:e' xmlns:server='jabber:server'>" +
      std::string(element);
  xml::workspace_pool pool;
  const xml::tokenizer_limits limits;
  xml::tokenizer t(pool, limits);
  std::string_view rest = input;
  REQUIRE(t.next(rest) == xml::token::header);
  const std::vector<xml::prefix_declaration> header = t.header_namespaces();
  REQUIRE(t.next(rest) == xml::token::element);
  std::string out;
  xml::append_header_prefixes(out, t.element(), header);
  return out;
}

}  // namespace

TEST_CASE("the servers' namespaces become jabber:client, wherever and however they are declared") {
  CHECK(with_client_namespace("<a xmlns='jabber:server' b='jabber:server'>jabber:server</a>") ==
        "<a xmlns='jabber:client' b='jabber:server'>jabber:server</a>");
  CHECK(with_client_namespace("<a>x<b  xmlns:p = \"jabber:component:accept\" ><p:c/></b>y</a>") ==
        "<a>x<b  xmlns:p = \"jabber:client\" ><p:c/></b>y</a>");
  CHECK(with_client_namespace("<a xmlns='jabber&#58;server'/>") == "<a xmlns='jabber:client'/>");
  CHECK(with_client_namespace("<a xmlns='jabber:server' xmlns:b='jabber:server'/>") ==
        "<a xmlns='jabber:client' xmlns:b='jabber:client'/>");
}

TEST_CASE("all else stays as it was") {
  for (const char* bytes : {"<a/>", "<a xmlns='jabber:client'/>", "<a xmlns='jabber:server:dialback'>x</a>",
                            "<a b='>' c='/>'>&lt;</a >", "<a><![CDATA[<b xmlns='jabber:server'/>]]></a>",
                            "<a xmlnsx='jabber:server' p:xmlns='jabber:server'/>", "<a><![CDATA[]]>]]&gt;</a>"}) {
    CAPTURE(bytes);
    CHECK(with_client_namespace(bytes) == bytes);
  }
}

TEST_CASE("prefixes of the header go with an element that uses them") {
  CHECK(added("<a/>").empty());
  CHECK(added("<p:a/>") == " xmlns:p='urn:p&apos;'");
  CHECK(added("<a><b q:c=''/><p:d/></a>") == " xmlns:p='urn:p&apos;' xmlns:q='urn:q'");
  CHECK(added("<\xC3\xA9:a/>") == " xmlns:\xC3\xA9='urn:e'");
  CHECK(added("<stream:a xml:lang='en'/>").empty());
}

TEST_CASE("a prefix that the first tag declares is not declared twice") {
  CHECK(added("<q:a xmlns:p='urn:other'><p:b/></q:a>") == " xmlns:q='urn:q'");
  CHECK(added("<a><p:b xmlns:p='urn:other'/><p:c/></a>") == " xmlns:p='urn:p&apos;'");
}

TEST_CASE("a prefix for a servers' namespace is told as jabber:client") {
  CHECK(added("<server:message/>") == " xmlns:server='jabber:client'");
}

TEST_CASE("attributes that would become duplicates are refused before") {
  using xml::fault;
  CHECK(test::fault_in_stream("<a xmlns:p='jabber:server' xmlns:q='jabber:client' p:b='' q:b=''/>") == fault::not_well_formed);
  CHECK(test::fault_in_stream("<a xmlns:p='jabber:server' xmlns:q='jabber:component:accept' p:b='' q:b=''/>") ==
        fault::not_well_formed);
  CHECK(test::fault_in_stream("<a xmlns:p='jabber:server' xmlns:q='jabber:client' p:b='' q:c=''/>") == fault::none);
}

#include <doctest/doctest.h>

#include <string>

#include "route/codec.hpp"

using namespace couplet::route;

namespace {

#define SC "http://jabberd.jabberstudio.org/ns/session/1.0"

message read(const std::string& bytes) {
  auto got = parse(bytes, writer::c2s);
  REQUIRE_MESSAGE(got.ok(), bytes);
  return std::move(got).value();
}

std::string written(const message& m) {
  std::string out;
  append(out, m);
  return out;
}

address jid(const char* text) {
  return address(std::string(text));
}

message plain(const char* xml) {
  return stanza(jid("f"), jid("t"), xml);
}
message controlled(const char* c2s, const char* sm, const char* xml) {
  return controlled_stanza(jid("f"), jid("t"), c2s, sm, xml);
}

std::string route(const std::string& attributes, const std::string& child) {
  return "<route from='f' to='t'" + attributes + ">" + child + "</route>";
}

}  // namespace

TEST_CASE("session control is known by its namespace, under any prefix, declared anywhere") {
  session_control start(jid("f"), jid("t"), session_control::verb::start);
  start.target = "carol@localhost/v1";
  start.c2s = "4";
  start.id = "v1";
  const message expected = start;
  const std::string plain_attributes = " action='start' target='carol@localhost/v1' id='v1'";
  CHECK(read(route("", "<zz:session xmlns:zz='" SC "'" + plain_attributes + " zz:c2s='4'/>")) == expected);
  CHECK(read(route("", "<session xmlns='" SC "' xmlns:sc='" SC "'" + plain_attributes + " sc:c2s='4'/>")) == expected);
  CHECK(read(route(" xmlns:q='" SC "'", "<q:session" + plain_attributes + " q:c2s='4'/>")) == expected);
  CHECK(read(route(" xmlns='" SC "' xmlns:q='" SC "'", "<session" + plain_attributes + " q:c2s='4'></session>")) == expected);
  CHECK(read(route(" xmlns:q='urn:x'", "<q:session xmlns:q='" SC "'" + plain_attributes + " q:c2s='4'/>")) == expected);
  CHECK(read(route("", "<sc:session xmlns:sc='http://jabberd.jabberstudio.org/ns/session/1&#46;0'" + plain_attributes +
                           " sc:c2s='4'/>")) == expected);
}

TEST_CASE("the names of a session come off in whatever form they stand, and nothing else does") {
  const std::string d = " xmlns:sc='" SC "'";
  const auto is = [](const std::string& child, const char* c2s, const char* sm, const char* xml) {
    CAPTURE(child);
    CHECK(read(route("", child)) == controlled(c2s, sm, xml));
  };
  is("<iq" + d + " sc:c2s='7' sc:sm='58' id='1'/>", "7", "58", "<iq id='1'/>");
  is("<iq id='1' sc:sm='58'" + d + " type='get' sc:c2s='7'/>", "7", "58", "<iq id='1' type='get'/>");
  is("<iq\n id='1'\t" + d + "  sc:sm='5&#56;'  >x</iq>", "", "58", "<iq\n id='1'  >x</iq>");
  is("<iq" + d + " sc:c2s='7'><q>sc is a word, sc too</q></iq>", "7", "", "<iq><q>sc is a word, sc too</q></iq>");
  // The declaration is needed further.
  is("<iq" + d + " sc:sm='58'><sc:q/></iq>", "", "58", ("<iq" + d + "><sc:q/></iq>").c_str());
  is("<iq" + d + " sc:sm='58' sc:other='1'/>", "", "58", ("<iq" + d + " sc:other='1'/>").c_str());
  is("<sc:iq" + d + " sc:sm='58'/>", "", "58", ("<sc:iq" + d + "/>").c_str());
  // Two prefixes for it, and one of somebody else's, whose attributes have the same names.
  is("<iq" + d + " xmlns:b='" SC "' b:sm='58' sc:c2s='7'/>", "7", "58", "<iq/>");
  is("<iq" + d + " xmlns:x='urn:x' x:sm='own' sc:sm='58' x:c2s='own' xml:lang='en'/>", "", "58",
     "<iq xmlns:x='urn:x' x:sm='own' x:c2s='own' xml:lang='en'/>");
  is("<iq" + d + " a:a='1' a:b='1' a:c='1' a:d='1' a:e='1' a:f='1' xmlns:a='urn:a' sc:sm='58'/>", "", "58",
     "<iq a:a='1' a:b='1' a:c='1' a:d='1' a:e='1' a:f='1' xmlns:a='urn:a'/>");
  // Declared, but not used.
  CHECK(read(route("", "<iq" + d + "/>")) == plain(("<iq" + d + "/>").c_str()));
}

TEST_CASE("unprefixed c2s and sm are no session control attributes") {
  session_control start(jid("f"), jid("t"), session_control::verb::start);
  CHECK(read(route("", "<session xmlns='" SC "' action='start' c2s='7' sm='8'/>")) == message(start));
  const char* const xml = "<iq xmlns:sc='" SC "' sm='1' c2s='2'/>";
  CHECK(read(route("", xml)) == plain(xml));
}

TEST_CASE("what only looks like session control is a stanza") {
  for (const char* const child : {
           "<sc:session xmlns:sc='urn:x' action='end' sc:sm='1'/>",
           "<sc:session xmlns:sc='" SC "x' action='end' sc:sm='1'/>",
           "<session action='end'/>",
           "<sc:other xmlns:sc='" SC "' action='end'/>",
           "<iq><sc:session xmlns:sc='" SC "' sc:sm='1'/></iq>",
           "<iq xmlns:sc='urn:x' sc:sm='1'/>",
           "<iq xmlns='" SC "' xml:sm='1'/>",
       })
    CHECK(read(route("", child)) == plain(child));
  // Bound on the route, bound to something else on the child.
  CHECK(read(route(" xmlns:sc='" SC "'", "<iq xmlns:sc='urn:x' sc:sm='1'/>")) == plain("<iq xmlns:sc='urn:x' sc:sm='1'/>"));
}

TEST_CASE("the attributes go, and with them the declaration that nothing else needs") {
  CHECK(read(route("", "<iq xmlns:sc='" SC "' sc:sm='1' sc:c2s='2' id='3'><q/></iq>")) ==
        controlled("2", "1", "<iq id='3'><q/></iq>"));
  CHECK(read(route("", "<iq id='3' sc:c2s=\"2\"\n sc:sm = '1' xmlns:sc='" SC "' />")) == controlled("2", "1", "<iq id='3' />"));
  CHECK(read(route("", "<iq zz:sm='1' xmlns:zz='" SC "'/>")) == controlled("", "1", "<iq/>"));
  CHECK(read(route("", "<iq a:sm='1' xmlns:a='" SC "' b:c2s='2' to='x' xmlns:b='" SC "'/>")) ==
        controlled("2", "1", "<iq to='x'/>"));
  CHECK(read(route("", "<iq xmlns:sc='" SC "' sc:sm='&lt;1&gt;'/>")) == controlled("", "<1>", "<iq/>"));
  CHECK(read(route("", "<iq xmlns:sc='" SC "' sc:c2s='7'/>")) == controlled("7", "", "<iq/>"));
  CHECK(read(route("", "<iq xmlns:sc='" SC "' sc:sm=''/>")) == controlled("", "", "<iq/>"));
  CHECK(read(route(" xmlns:sc='" SC "'", "<iq sc:sm='1'/>")) == controlled("", "1", "<iq/>"));
  // Words in a text are no use of a prefix, and a name that ends like it is another name.
  CHECK(read(route("", "<m xmlns:sc='" SC "' sc:sm='1'><body x='sc:y'>sc:z <![CDATA[<sc:z/>]]></body></m>")) ==
        controlled("", "1", "<m><body x='sc:y'>sc:z <![CDATA[<sc:z/>]]></body></m>"));
  CHECK(read(route("", "<m xmlns:c='" SC "' c:sm='1'><sc:x xmlns:sc='u'/></m>")) ==
        controlled("", "1", "<m><sc:x xmlns:sc='u'/></m>"));
}

TEST_CASE("the declaration stays where something else needs it") {
  const char* const kept[] = {
      "<m xmlns:sc='" SC "'><sc:x/></m>",
      "<m xmlns:sc='" SC "'><x sc:y='1'/></m>",
      "<m xmlns:sc='" SC "' sc:other='1'/>",
      "<sc:m xmlns:sc='" SC "'></sc:m>",
      "<m xmlns:sc='" SC "'><y xmlns:sc='urn:x'><sc:z/></y><y><sc:z/></y></m>",
  };
  for (const std::string xml : kept) {
    std::string child = xml;
    child.insert(child.find_first_of(" "), " sc:sm='1' sc:c2s='2'");
    CHECK(read(route("", child)) == controlled("2", "1", xml.c_str()));
    CHECK(read(written(controlled("2", "1", xml.c_str()))) == controlled("2", "1", xml.c_str()));
  }
  // Bound anew inside: the outer one is needed by nothing.
  CHECK(read(route("", "<m xmlns:sc='" SC "' sc:sm='1'><y xmlns:sc='urn:x'><sc:z/><sc:z/></y></m>")) ==
        controlled("", "1", "<m><y xmlns:sc='urn:x'><sc:z/><sc:z/></y></m>"));
}

TEST_CASE("what is written is well-formed whatever stands on the stanza") {
  CHECK(written(controlled("2", "1", "<m xmlns:sc='urn:x' sc:y='0'/>")) ==
        "<route from='f' to='t'><m xmlns:sc0='" SC "' sc0:c2s='2' sc0:sm='1' xmlns:sc='urn:x' sc:y='0'/></route>");
  CHECK(written(controlled("2", "1", "<m xmlns:sc='urn:x' xmlns:sc0='urn:y'/>")) ==
        "<route from='f' to='t'><m xmlns:sc1='" SC "' sc1:c2s='2' sc1:sm='1' xmlns:sc='urn:x' xmlns:sc0='urn:y'/></route>");
  CHECK(written(controlled("2", "1", "<m xmlns:sc='" SC "' sc:sm='bob' xmlns:q='" SC "' q:c2s='9'/>")) ==
        "<route from='f' to='t'><m xmlns:sc='" SC "' sc:c2s='2' sc:sm='1'/></route>");
}

TEST_CASE("a stanza does not become a controlled one by what somebody put on it") {
  CHECK(written(plain("<m xmlns:q='http://jabberd.jabberstudio.org/ns/sessio&#110;/1.0' q:sm='bob' to='x'/>")) ==
        "<route from='f' to='t'><m to='x'/></route>");
  CHECK(written(plain("<m xmlns:sc='" SC "' sc:sm='1'><sc:x sc:sm='2'/></m>")) == "<route from='f' to='t'><m xmlns:sc='" SC
                                                                                  "'><sc:x sc:sm='2'/></m></route>");
  CHECK(written(plain("<m xmlns:sc='" SC "'/>")) == "<route from='f' to='t'><m xmlns:sc='" SC "'/></route>");
}

TEST_CASE("declarations on the route go with the child that relies on them") {
  // As recorded: a prefix declared on the route.
  CHECK(read(route(" xmlns:cl='jabber:client'", "<cl:iq type='get' id='p2'><query xmlns='jabber:iq:roster'/></cl:iq>")) ==
        plain("<cl:iq xmlns:cl='jabber:client' type='get' id='p2'><query xmlns='jabber:iq:roster'/></cl:iq>"));
  CHECK(read(route(" xmlns:a='urn:a' xmlns:b=\"urn:b'\" xmlns:c='urn:c'", "<m><x a:y='1'/><b:z/></m>")) ==
        plain("<m xmlns:a='urn:a' xmlns:b=\"urn:b'\"><x a:y='1'/><b:z/></m>"));
  CHECK(read(route(" xmlns:a='urn:a'", "<m xmlns:a='urn:other'><a:x/></m>")) == plain("<m xmlns:a='urn:other'><a:x/></m>"));
  CHECK(read(route(" xmlns:a='urn:a'", "<m><x xmlns:a='urn:other'><a:x/></x></m>")) ==
        plain("<m><x xmlns:a='urn:other'><a:x/></x></m>"));
  CHECK(read(route(" xmlns:a='urn:a'", "<m>a:text</m>")) == plain("<m>a:text</m>"));
  CHECK(read(route(" xmlns:a='urn:a' xmlns:sc='" SC "'", "<m sc:sm='1' a:b='2'><sc:x/></m>")) ==
        controlled("", "1", "<m xmlns:a='urn:a' xmlns:sc='" SC "' a:b='2'><sc:x/></m>"));
}

TEST_CASE("the route's default namespace goes with the child, unless it is one of stanzas") {
  CHECK(read(route(" xmlns='urn:x'", "<m/>")) == plain("<m xmlns='urn:x'/>"));
  CHECK(read(route(" xmlns=''", "<m/>")) == plain("<m xmlns=''/>"));
  CHECK(read(route(" xmlns='urn:x'", "<m xmlns='jabber:client'/>")) == plain("<m xmlns='jabber:client'/>"));
  for (const char* const ns : {"jabber:client", "jabber:server", "jabber:component:accept", "jabber&#58;client"})
    CHECK(read(route(std::string(" xmlns='") + ns + "'", "<m><x/></m>")) == plain("<m><x/></m>"));
  const auto error = parse("<route xmlns='urn:x' from='f' to='t' type='error'><m/></route>", writer::c2s);
  REQUIRE(error.ok());
  CHECK(error.value() == message(failure(jid("f"), jid("t"), "", "<m xmlns='urn:x'/>")));
}

TEST_CASE("a route may have a prefix itself") {
  CHECK(read("<c:route xmlns:c='jabber:component:accept' from='f' to='t'><c:m><x/></c:m></c:route>") ==
        plain("<c:m xmlns:c='jabber:component:accept'><x/></c:m>"));
}

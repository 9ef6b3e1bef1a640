// XEP-0227: vCards, private XML, nodes and their items.

#include "portable_fixture.hpp"

using namespace couplet;
using namespace couplet::storage;
using namespace couplet::storage::testing;

namespace {

std::string entries_of(const std::string& text) {
  std::string all;
  for (const auto& e : the_user(text).entries)
    all += std::to_string(static_cast<int>(e.kind)) + ' ' + e.key + ' ' + e.value + '\n';
  return all;
}

std::string configured(const std::string& nodes) {
  return "<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>" + nodes + "</pubsub>";
}

std::string published(const std::string& nodes) {
  return "<pubsub xmlns='http://jabber.org/protocol/pubsub'>" + nodes + "</pubsub>";
}

std::string configure(const std::string& node, const std::string& value) {
  return "<configure node='" + node + "'><x xmlns='jabber:x:data'><field var='is'><value>" + value +
         "</value></field></x></configure>";
}

}  // namespace

TEST_CASE("portable: vCards and private XML stay as they were written, with what is declared around them") {
  CHECK(entries_of(user("<vCard xmlns='vcard-temp'><FN>a &amp;\n<![CDATA[<b>]]></FN></vCard>")) ==
        "3  <vCard xmlns='vcard-temp'><FN>a &amp;\n<![CDATA[<b>]]></FN></vCard>\n");
  CHECK(entries_of(user("<query xmlns='jabber:iq:private'><exodus xmlns='exodus:prefs'><p:nick/></exodus>"
                        "<x xmlns='exodus:prefs'/></query>")
                       .replace(user("").find("<host"), 5, "<host xmlns:p='urn:p'")) ==
        "4 exodus:prefs exodus <exodus xmlns:p='urn:p' xmlns='exodus:prefs'><p:nick/></exodus>\n"
        "4 exodus:prefs x <x xmlns='exodus:prefs'/>\n");
  // An element of no namespace of its own is none of XEP-0049.
  CHECK(taken(user("<query xmlns='jabber:iq:private'><x/><y xmlns=''/></query>")).unknown ==
        std::map<std::string, std::size_t>{{"x (jabber:iq:private)", 1}, {"y ()", 1}});
}

TEST_CASE("portable: nodes with their configurations, and items in the order of the document") {
  CHECK(entries_of(user(published("<items node='n'><item id='2'><a xmlns='u'/></item><item id='1'><b/></item></items>"
                                  "<items node='m'><item id=\"it's\" publisher='a@example.org/r'/></items><items node='e'/>") +
                        configured(configure("n", "open"))))  //
        ==
        "7 n open\n"
        "8 n\n2 1 <item id='2'><a xmlns='u'/></item>\n"
        "8 n\n1 2 <item id='1'><b xmlns='http://jabber.org/protocol/pubsub'/></item>\n"
        "7 m no form, items 1\n"
        "8 m\nit's 3 <item id='it&apos;s'/>\n"
        "7 e no form, items 0\n");
  // An item without an id gets one; who else is subscribed is nothing that is stored here.
  const auto data = taken(user(configured(configure("n", "x") + "<affiliations node='n'/><subscriptions node='n'/>") +
                               published("<items node='n'><item><a xmlns='u'/></item></items>")));
  REQUIRE(data.users[0].entries.size() == 2);
  CHECK(data.users[0].entries[1].key.size() == 2 + 16);
  CHECK(data.unknown == std::map<std::string, std::size_t>{{"affiliations (http://jabber.org/protocol/pubsub#owner)", 1},
                                                           {"subscriptions (http://jabber.org/protocol/pubsub#owner)", 1}});
}

TEST_CASE("portable: texts and nodes that are wrong are refused, with the name") {
  struct row {
    std::string text, why;
  };
  const std::string longest(1'024, 'x');
  const row rows[] = {
      {"<vCard xmlns='vcard-temp'/><vCard xmlns='vcard-temp'/>", "\"a@example.org\": a vCard is there twice"},
      {"<query xmlns='jabber:iq:private'><x xmlns='u'/><x xmlns='u'/></query>",
       "an element of private XML is there twice: \"u x\""},
      {configured("<configure/>"), "a node whose name no node can have: \"\""},
      {configured("<configure node='a&#10;b'/>"), "a node whose name no node can have"},
      {published("<items node='" + longest + "'/>"), "a node whose name no node can have"},
      {configured(configure("n", "x") + configure("n", "y")), "the configuration of a node is there twice: \"n\""},
      {published("<items node='n'><item id='1'/><item id='1'/></items>"), "an item of a node is there twice: \"n"},
      {published("<items node='n'><item id='1'><a xmlns='u'/><b xmlns='u'/></item></items>"),
       "an item of the node \"n\" has more than one payload: \"1\""},
      {published("<items node='n'><item id='" + longest + "'/></items>"), "has an id of more than 1023 bytes"},
  };
  for (const auto& r : rows) {
    CAPTURE(r.text);
    const auto why = refused(user(r.text));
    CHECK_MESSAGE(why.find(r.why) != std::string::npos, why);
  }
}

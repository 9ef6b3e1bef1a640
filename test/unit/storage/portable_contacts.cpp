// XEP-0227: rosters, requests for subscription, block lists.

#include "portable_fixture.hpp"

using namespace couplet;
using namespace couplet::storage;
using namespace couplet::storage::testing;

namespace {

std::string roster(const std::string& items) {
  return "<query xmlns='jabber:iq:roster'>" + items + "</query>";
}

/// Kind, key and text of each.
std::string entries_of(const std::string& inside) {
  std::string all;
  for (const auto& e : the_user(user(inside)).entries)
    all += std::to_string(static_cast<int>(e.kind)) + ' ' + e.key + ' ' + e.value + '\n';
  return all;
}

}  // namespace

TEST_CASE("portable: contacts are kept as the session manager writes them, whoever wrote them") {
  CHECK(entries_of(roster("<item jid='Romeo@montague.net' name='Romeo' subscription='both'><group>Friends</group></item>")) ==
        "1 romeo@montague.net <item jid='romeo@montague.net' name='Romeo' subscription='both'><group>Friends</group></item>\n");
  // Nothing but the JID; what says nothing, or the same again.
  CHECK(entries_of(roster("<item jid='x.example'/>")) == "1 x.example <item jid='x.example' subscription='none'/>\n");
  CHECK(entries_of(roster("<item jid='b@y' name='' ask='' subscription='to'><group/><group>g</group><group>g</group></item>")) ==
        "1 b@y <item jid='b@y' subscription='to'><group>g</group></item>\n");
  for (const char* const state : {"none", "from"}) {
    const auto same = std::string("<item jid='b@y' subscription='") + state + "' ask='subscribe'/>";
    CHECK(entries_of(roster(same)) == "1 b@y " + same + "\n");
  }
  // What is granted is not asked for any more.
  CHECK(entries_of(roster("<item jid='b@y' subscription='both' ask='subscribe'/>")) ==
        "1 b@y <item jid='b@y' subscription='both'/>\n");
  CHECK(entries_of(roster("<item jid='b@y' subscription='none' approved='1'/>")) ==
        "1 b@y <item jid='b@y' subscription='none' approved='true'/>\n");
  CHECK(entries_of(roster("<item jid='b@y' name='1 &lt; &quot;2&quot;'><group>&amp;&#xD;</group></item>")) ==
        "1 b@y <item jid='b@y' name='1 &lt; &quot;2&quot;' subscription='none'><group>&amp;&#xD;</group></item>\n");
  // Prefixes, and rosters in two parts.
  CHECK(entries_of("<r:query xmlns:r='jabber:iq:roster'><r:item jid='c@y'/></r:query>" + roster("<item jid='b@y'/>")) ==
        "1 c@y <item jid='c@y' subscription='none'/>\n1 b@y <item jid='b@y' subscription='none'/>\n");
  CHECK(entries_of(roster("")).empty());
}

TEST_CASE("portable: who has oneself as a contact, or more than there is, is taken without") {
  const auto data =
      taken(user(roster("<item jid='a@example.org' subscription='both'/><item jid='b@y'><more xmlns='u'/></item>"
                        "<metadata xmlns='v'/>")));
  CHECK(data.users[0].entries.size() == 1);
  CHECK(data.unknown == std::map<std::string, std::size_t>{{"item (jabber:iq:roster)", 1}, {"more (u)", 1}, {"metadata (v)", 1}});
}

TEST_CASE("portable: requests for subscription come from bare JIDs, to the user") {
  const std::string same =
      "<presence from='romeo@montague.net' to='a@example.org' type='subscribe' id='xk3h1v69'>"
      "<nick xmlns='http://jabber.org/protocol/nick'>Romeo</nick></presence>";
  CHECK(entries_of("<presence xmlns='jabber:client' type='subscribe' id='xk3h1v69' from='romeo@montague.net/x'>"
                   "<nick xmlns='http://jabber.org/protocol/nick'>Romeo</nick></presence>") ==
        "2 romeo@montague.net " + same + "\n");
  CHECK(entries_of("<presence type='subscribe' from='b@y' to='whoever'/>") ==
        "2 b@y <presence from='b@y' to='a@example.org' type='subscribe'/>\n");
  CHECK(entries_of("<c:presence xmlns:c='jabber:component:accept' type='subscribe' from='b.example'><c:x/></c:presence>") ==
        "2 b.example <presence from='b.example' to='a@example.org' xmlns:c='jabber:component:accept' type='subscribe'>"
        "<c:x/></presence>\n");
  CHECK(taken(user("<presence xmlns='jabber:client' type='unavailable' from='b@y'/>")).unknown ==
        std::map<std::string, std::size_t>{{"presence (jabber:client)", 1}});
}

TEST_CASE("portable: block lists") {
  CHECK(entries_of("<blocklist xmlns='urn:xmpp:blocking'><item jid='B@y'/><item jid='y.example'/><item jid='b@y/r'/>"
                   "</blocklist>") == "5 b@y \n5 y.example \n5 b@y/r \n");
}

TEST_CASE("portable: contacts that are wrong are refused, with the name") {
  struct row {
    std::string text, why;
  };
  const row rows[] = {
      {roster("<item/>"), "\"a@example.org\": a contact whose jid is no address: \"\""},
      {roster("<item jid='a b@y'/>"), "a contact whose jid is no address: \"a b@y\""},
      {roster("<item jid='b@y/r'/>"), "a contact whose jid has a resource: \"b@y/r\""},
      {roster("<item jid='b@y' subscription='remove'/>"), "the contact \"b@y\" has a subscription that there is not: \"remove\""},
      {roster("<item jid='b@y' subscription=''/>"), "has a subscription that there is not: \"\""},
      {roster("<item jid='b@y'/><item jid='B@y'/>"), "a contact is there twice: \"b@y\""},
      {roster("<item jid='b@y' name='" + std::string(1'024, 'x') + "'/>"), "has a name of more than 1023 bytes"},
      {roster("<item jid='b@y'><group>" + std::string(1'024, 'x') + "</group></item>"), "whose name has more than 1023 bytes"},
      {"<presence xmlns='jabber:client' type='subscribe'/>", "a request for subscription whose from is no address: \"\""},
      {"<presence type='subscribe' from='b@y'/><presence type='subscribe' from='b@y/2'/>",
       "a request for subscription is there twice: \"b@y\""},
      {"<blocklist xmlns='urn:xmpp:blocking'><item jid='@'/></blocklist>", "a blocked contact whose jid is no address: \"@\""},
      {"<blocklist xmlns='urn:xmpp:blocking'><item jid='b@y'/><item jid='b@y'/></blocklist>", "a blocked contact is there twice"},
      {roster("<include xmlns='http://www.w3.org/2001/XInclude' href='x'/>"), "XInclude"},
      {"<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='x'/>", "XInclude"},
  };
  for (const auto& r : rows) {
    CAPTURE(r.text);
    const auto why = refused(user(r.text));
    CHECK_MESSAGE(why.find(r.why) != std::string::npos, why);
  }
  std::string groups;
  for (int i = 0; i < 32; ++i) groups += "<group>" + std::to_string(i) + "</group>";
  CHECK(entries_of(roster("<item jid='b@y'>" + groups + "</item>")).find("<group>31</group></item>") != std::string::npos);
  CHECK(refused(user(roster("<item jid='b@y'>" + groups + "<group>32</group></item>"))).find("more than 32 groups") !=
        std::string::npos);
}

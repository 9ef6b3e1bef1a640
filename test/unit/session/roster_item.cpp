#include "../../../source/session/roster_item.hpp"

#include <doctest/doctest.h>

#include "../../../source/session/contacts.hpp"
#include "xml/names.hpp"

using namespace couplet;
using namespace couplet::session;

namespace {

std::string text_of(const roster_item& i) {
  std::string text;
  i.append_to(text);
  return text;
}

roster_item read(std::string_view text) {
  xml::fragment document;
  return roster_item::read(document.parse(text, xml::ns::iq_roster));
}

}  // namespace

TEST_CASE("roster item: it is written, and read again") {
  for (const std::string text :
       {"<item jid='juliet@example.org' subscription='none'/>",
        "<item jid='juliet.c@example.org' name='&lt;J &amp; co&gt;' subscription='both' approved='true'/>",
        "<item jid='example.com' subscription='none' ask='subscribe'/>",
        "<item jid='a@example.org' name='A' subscription='from' ask='subscribe'><group>one &amp; "
        "two</group><group>three</group></item>",
        "<item jid='a@example.org' subscription='to'><group>G</group></item>"}) {
    CHECK(text_of(read(text)) == text);
  }
}

TEST_CASE("roster item: what other servers have written is read; what has no address is none") {
  CHECK(text_of(read("<item xmlns='jabber:iq:roster' name='' jid='Juliet@Example.ORG/balcony' subscription='to' ask='subscribe' "
                     "approved='1'><group>G</group><x xmlns='urn:x'/></item>")) ==
        "<item jid='juliet@example.org' subscription='to' approved='true'><group>G</group></item>");
  CHECK(read("<item subscription='both'/>").jid().empty());
  CHECK(read("<item jid='a@b@c'/>").jid().empty());
}

TEST_CASE("contacts: found by address, in order; a request shows in the state, and nowhere else") {
  contacts known;
  for (const char* jid : {"c@x", "a@x", "b@x"}) known.put(roster_item(jid, "", {}));
  REQUIRE(known.items().size() == 3);
  CHECK(known.items()[0].jid() == "a@x");
  CHECK(known.items()[2].jid() == "c@x");
  CHECK(known.find("b@x") == &known.items()[1]);
  CHECK(known.find("d@x") == nullptr);
  roster_item b("b@x", "B", {});
  b.set_subscription(standing(subscription_state::to_in, true));
  known.put(b);
  CHECK(known.items().size() == 3);
  CHECK(known.standing_of("b@x") == standing(subscription_state::to, true));
  known.put_request("b@x", "<presence/>");
  known.put_request("z@x", "<presence/>");
  known.put_request("z@x", "<presence id='2'/>");
  CHECK(known.requests().size() == 2);
  CHECK(known.standing_of("b@x") == standing(subscription_state::to_in, true));
  CHECK(known.standing_of("z@x") == standing(subscription_state::none_in, false));
  known.erase_request("z@x");
  known.erase_request("z@x");
  CHECK(known.standing_of("z@x") == standing());
  known.erase("b@x");
  known.erase("b@x");
  CHECK(known.items().size() == 2);
  CHECK(known.standing_of("b@x") == standing(subscription_state::none_in, false));
}

TEST_CASE("contacts: RFC 6121 section 2.6: the version is that of what is in the roster, however it came there") {
  contacts one, other;
  CHECK(one.version() == other.version());
  one.put(roster_item("a@x", "A", {"G"}));
  const auto with_a = one.version();
  CHECK(with_a != other.version());
  CHECK(with_a.size() == 16);
  one.put(roster_item("b@x", "", {}));
  other.put(roster_item("b@x", "", {}));
  other.put(roster_item("a@x", "A", {"G"}));
  CHECK(one.version() == other.version());
  other.put_request("c@x", "<presence/>");
  CHECK(one.version() == other.version());
  one.erase("b@x");
  CHECK(one.version() == with_a);
  auto changed = *one.find("a@x");
  changed.set_subscription(standing(subscription_state::none_out, false));
  one.put(changed);
  CHECK(one.version() != with_a);
  one.put(roster_item("a@x", "A", {"H"}));
  CHECK(one.version() != with_a);
}

// What is stored in the session manager's own words, for documents that servers exchange (XEP-0227).

#include "session/portable.hpp"

#include <doctest/doctest.h>

#include "archive.hpp"
#include "pubsub_form.hpp"

using namespace couplet;
using namespace couplet::session;

namespace {

/// As it is stored, read again.
node_config config_of(const std::string& fields, std::size_t items = 0) {
  xml::fragment f;
  const auto x = f.parse("<x xmlns='jabber:x:data' type='form'>" + fields + "</x>", "");
  return read_config(node_of_form(x, items));
}

std::string field(const std::string& name, const std::string& value) {
  return "<field var='" + name + "'><value>" + value + "</value></field>";
}

std::optional<std::string> preferences_of(const std::string& xml) {
  xml::fragment f;
  return preferences_from_xml(f.parse(xml, ""));
}

}  // namespace

TEST_CASE("portable: a node's configuration is a form, and the same again") {
  node_config c;
  for (const auto access : {access_model::open, access_model::presence, access_model::whitelist}) {
    for (const std::uint32_t most : {1U, 12U, most_pep_items}) {
      c.access = access;
      c.max_items = most;
      c.persist_items = c.notify_retract = most == 12U;
      c.sends_last = most == 1U ? last_item::never : last_item::on_presence;
      c.avatar = most == 1U ? std::string(40, 'a') : std::string();
      const auto stored = config_text(c);
      const auto form = form_of_node(stored);
      CHECK(form.starts_with("<x xmlns='jabber:x:data' type='form'><field var='FORM_TYPE' type='hidden'>"));
      xml::fragment f;
      CHECK(node_of_form(f.parse(form, ""), 0) == stored);
    }
  }
}

TEST_CASE("portable: another server's form lets nobody read what he could not") {
  CHECK(config_of("").access == access_model::whitelist);
  CHECK(config_of(field("pubsub#access_model", "presence")).access == access_model::presence);
  CHECK(config_of(field("pubsub#access_model", "open")).access == access_model::open);
  for (const char* const other : {"roster", "authorize", "", "of a later time"})
    CHECK(config_of(field("pubsub#access_model", other)).access == access_model::whitelist);
  // Some write only what was changed, and by their own reckoning.
  CHECK(config_of(field("pubsub#title", "t")).access == access_model::whitelist);
  // No form at all.
  CHECK(read_config(node_of_form({}, 1)).access == access_model::whitelist);
}

TEST_CASE("portable: another server's form loses no items, and what is not known is the default") {
  CHECK(config_of("", 0).max_items == 1);
  CHECK(config_of("", 1).max_items == 1);
  CHECK(config_of("", 2).max_items == most_pep_items);
  CHECK(config_of(field("pubsub#max_items", "3"), 5).max_items == 3);
  for (const char* const other : {"max", "100000", "0", "-1", "x"})
    CHECK(config_of(field("pubsub#max_items", other)).max_items == most_pep_items);
  CHECK_FALSE(config_of(field("pubsub#persist_items", "false")).persist_items);
  CHECK(config_of(field("pubsub#persist_items", "maybe")).persist_items);
  CHECK(config_of(field("pubsub#publish_model", "open") + field("pubsub#title", "t") + field("x", "y")).max_items == 1);
  // What is only of us is taken from nobody else's hand without a look.
  CHECK(config_of(field("couplet#avatar", "a&#10;pubsub#access_model=open")).avatar.empty());
  CHECK(config_of(field("couplet#avatar", std::string(40, '0'))).avatar == std::string(40, '0'));
}

TEST_CASE("portable: what is to be archived is <prefs/>, and the same again") {
  archive_preferences p;
  p.otherwise = archive_preferences::scope::contacts;
  p.always = {"b@y", "c@y/r"};
  p.never = {"y.example"};
  const auto text = preferences_to_xml(p.to_text());
  CHECK(text ==
        "<prefs xmlns='urn:xmpp:mam:2' default='roster'><always><jid>b@y</jid><jid>c@y/r</jid></always>"
        "<never><jid>y.example</jid></never></prefs>");
  CHECK(preferences_of(text) == p.to_text());
  CHECK(preferences_of("<prefs xmlns='urn:xmpp:mam:2' default='always'/>") == "");
  CHECK_FALSE(preferences_of("<prefs xmlns='urn:xmpp:mam:2' default='sometimes'/>"));
  CHECK_FALSE(preferences_of("<prefs xmlns='urn:xmpp:mam:2' default='never'><never><jid>@</jid></never></prefs>"));
}

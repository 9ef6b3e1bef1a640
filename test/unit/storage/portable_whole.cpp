// XEP-0227: everything of a user, there and back; what there may be of it; who is there already.

#include "portable_fixture.hpp"
#include "storage/archive.hpp"
#include "storage/entries.hpp"

using namespace couplet;
using namespace couplet::storage;
using namespace couplet::storage::testing;

namespace {

constexpr std::string_view dora = "dora@example.org";
/// Of the configuration: there is no account.
constexpr std::string_view emil = "emil@example.org";

/// Something of each kind.
void fill(database& db, std::string_view owner, const std::string& mark) {
  const auto item = [&](const std::string& name) { return "<item id='" + name + "'><p xmlns='u' m='" + mark + "'/></item>"; };
  const std::pair<std::pair<entry_kind, std::string>, std::string> entries[] = {
      {{entry_kind::roster_item, "b@y"}, "<item jid='b@y' name='" + mark + "' subscription='both'><group>g</group></item>"},
      {{entry_kind::roster_item, "c@y"}, "<item jid='c@y' subscription='none' ask='subscribe' approved='true'/>"},
      {{entry_kind::subscription_request, "d@y"},
       "<presence from='d@y' to='" + std::string(owner) + "' type='subscribe'><x xmlns='u'/></presence>"},
      {{entry_kind::vcard, ""}, "<vCard xmlns='vcard-temp'><FN>" + mark + " &amp; co</FN></vCard>"},
      {{entry_kind::private_xml, "u x"}, "<x xmlns='u'>" + mark + "</x>"},
      {{entry_kind::private_xml, "u y"}, "<p:y xmlns='jabber:iq:private' xmlns:p='u'/>"},
      {{entry_kind::blocked, "e@y"}, ""},
      {{entry_kind::blocked, "e@z/r"}, ""},
      {{entry_kind::pep_node, "n"}, "open"},
      {{entry_kind::pep_node, "none"}, "whitelist"},
      {{entry_kind::pep_item, "n\nsecond"}, "1 " + item("second")},
      {{entry_kind::pep_item, "n\nfirst"}, "2 " + item("first")},
      {{entry_kind::last_activity, ""}, "1000 away"},
  };
  for (const auto& [place, text] : entries) CHECK(put_entry(db, owner, place.first, place.second, text) == outcome::done);
  for (const char* const body : {"1", "2"}) {
    const auto message = std::string("<message from='b@y' to='") + std::string(owner) + "'><body>" + body + mark +
                         "</body><delay xmlns='urn:xmpp:delay' from='example.org' stamp='2010-07-10T12:00:00.123Z'>"
                         "Offline Storage</delay></message>";
    CHECK(append_offline(db, owner, message, {}) == outcome::done);
  }
  const auto sent = "<message from='" + std::string(owner) + "/home' to='b@y/r'><body>" + mark + "</body></message>";
  CHECK(append_to_archive(db, owner, mark + "-1", 1'000, "b@y", "r", sent, {}) == outcome::done);
  CHECK(append_to_archive(db, owner, mark + "-2", 1'000, "b@y", "", "<message from='b@y'/>", {}) == outcome::done);
  CHECK(put_archive_preferences(db, owner, "never") == outcome::done);
}

/// Each row of a table as text.
std::string rows(store& s, const char* sql, int columns) {
  std::string all;
  CHECK(s.read_now([&](database& db) {
    query q(db, sql);
    while (q.next()) {
      for (int i = 0; i < columns; ++i) (all += q.text(i)) += '|';
      all += '\n';
    }
    return outcome::done;
  }) == outcome::done);
  return all;
}

/// Everything but the numbers by which the database tells messages apart, and what the format has no place for.
std::string contents(store& s) {
  return rows(s, "SELECT jid, password FROM accounts ORDER BY jid", 2) +
         rows(s, "SELECT owner, hash, hex(salt), iterations, hex(stored_key), hex(server_key) FROM scram_keys ORDER BY 1, 2", 6) +
         rows(s, "SELECT owner, kind, key, value FROM entries WHERE kind <> 6 ORDER BY 1, 2, 3", 4) +
         rows(s, "SELECT owner, stanza FROM offline ORDER BY owner, number", 2) +
         rows(s, "SELECT owner, id, time, peer, resource, stanza FROM archive ORDER BY owner, number", 6) +
         rows(s, "SELECT owner, value FROM archive_preferences ORDER BY owner", 2);
}

std::unique_ptr<store> filled() {
  auto s = open_store();
  credentials c;
  c.keys[1] = sasl::decoy_keys("secret", sasl::scram_hash::sha256, "x", 4'096);
  CHECK(s->write_now([&](database& db) {
    make_account(db, dora, c);
    fill(db, dora, "doras");
    fill(db, emil, "emils");
    return put_entry(db, "guest@example.org", entry_kind::last_activity, "", "1 ");
  }) == outcome::done);
  return s;
}

}  // namespace

TEST_CASE("portable: everything of all users is the same after an export and an import") {
  auto s = filled();
  const auto text = written(*s);
  const auto data = taken(text);
  CHECK(data.unknown.empty());
  REQUIRE(data.users.size() == 2);
  CHECK(data.users[0].has_credentials());
  CHECK_FALSE(data.users[1].has_credentials());
  auto again = open_store();
  CHECK(put(*again, data) == outcome::done);
  CHECK(contents(*again) == contents(*s));
  CHECK(written(*again) == text);
  CHECK(names_in(*again) == "dora@example.org ");
  CHECK(text.find("1000 away") == std::string::npos);
  CHECK(text.find("guest") == std::string::npos);
}

TEST_CASE("portable: what is exported is what XEP-0227 says") {
  const auto text = written(*filled());
  for (const char* const part : {
           "<query xmlns='jabber:iq:roster'><item jid='b@y' name='doras' subscription='both'><group>g</group></item>"
           "<item jid='c@y' subscription='none' ask='subscribe' approved='true'/></query>",
           "<presence xmlns='jabber:client' from='d@y' to='dora@example.org' type='subscribe'><x xmlns='u'/></presence>",
           "<blocklist xmlns='urn:xmpp:blocking'><item jid='e@y'/><item jid='e@z/r'/></blocklist>",
           "<vCard xmlns='vcard-temp'><FN>doras &amp; co</FN></vCard>",
           "<query xmlns='jabber:iq:private'><x xmlns='u'>doras</x><p:y xmlns='jabber:iq:private' xmlns:p='u'/></query>",
           "<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'><configure node='n'><x xmlns='jabber:x:data' type='form'>"
           "<field var='is'><value>open</value></field></x></configure><configure node='none'>",
           "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='n'><item id='second'><p xmlns='u' m='doras'/></item>"
           "<item id='first'><p xmlns='u' m='doras'/></item></items><items node='none'></items></pubsub>",
           "<offline-messages><message xmlns='jabber:client' from='b@y' to='dora@example.org'><body>1doras</body>",
           "<prefs xmlns='urn:xmpp:mam:2' default='never'/>",
           "<archive xmlns='urn:xmpp:pie:0#mam'><result xmlns='urn:xmpp:mam:2' id='doras-1'>"
           "<forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' stamp='1970-01-01T00:00:01.000Z'/>"
           "<message xmlns='jabber:client' from='dora@example.org/home' to='b@y/r'><body>doras</body></message>"
           "</forwarded></result>",
           "<user name='emil'><query",
       }) {
    CAPTURE(part);
    CHECK(text.find(part) != std::string::npos);
  }
}

TEST_CASE("portable: many messages leave in pieces, all of them and once") {
  auto s = open_store();
  constexpr int many = 300;
  CHECK(s->write_now([&](database& db) {
    for (int i = 0; i < many; ++i) {
      const auto text = "<message from='b@y'><body>" + std::to_string(i) + std::string(2'000, 'x') + "</body></message>";
      append_offline(db, emil, text, {many, 1U << 20U});
      append_to_archive(db, emil, std::to_string(i), i, "b@y", "", text, {});
    }
    return outcome::done;
  }) == outcome::done);
  std::size_t largest = 0;
  std::string text;
  CHECK(s->read_now([&](database& db) {
    const auto users = write_portable(db, plain_texts(), [&](std::string_view piece) {
      largest = std::max(largest, piece.size());
      text += piece;
    });
    return users == 1 ? outcome::done : outcome::failed;
  }) == outcome::done);
  CHECK(largest < 150'000);
  const auto u = the_user(text);
  REQUIRE(u.offline.size() == many);
  REQUIRE(u.archive.size() == many);
  CHECK(u.offline[many - 1].find("<body>299x") != std::string::npos);
  CHECK(u.archive[many - 1].id == "299");
}

TEST_CASE("portable: who is there already stays as he is, whatever there is of him") {
  const auto data = taken(user("<vCard xmlns='vcard-temp'/>"));
  const std::string a = "a@example.org";
  const std::function<void(database&)> befores[] = {
      [&](database& db) { make_account(db, a, some_credentials("x")); },
      [&](database& db) { put_entry(db, a, entry_kind::roster_item, "b@y", "<item jid='b@y' subscription='none'/>"); },
      [&](database& db) { append_offline(db, a, "<message from='b@y'></message>", {}); },
      [&](database& db) { append_to_archive(db, a, "1", 1, "b@y", "", "<message from='b@y'></message>", {}); },
      [&](database& db) { put_archive_preferences(db, a, "never"); },
  };
  for (const auto& before : befores) {
    auto s = open_store();
    CHECK(s->write_now([&](database& db) {
      before(db);
      return outcome::done;
    }) == outcome::done);
    const auto was = contents(*s);
    CHECK(put(*s, data) == outcome::exists);
    CHECK(contents(*s) == was);
  }
  // Whose account is of the configuration, and was there once.
  auto s = open_store();
  CHECK(s->write_now([&](database& db) { return put_entry(db, a, entry_kind::last_activity, "", "1 "); }) == outcome::done);
  CHECK(put(*s, data) == outcome::done);
  CHECK(contents(*s).find("a@example.org|3||<vCard xmlns='vcard-temp'/>|") != std::string::npos);
}

TEST_CASE("portable: more than an account may have is refused with name and number, and nothing is stored") {
  const std::string contact = "<item jid='b@y'/>", two = contact + "<item jid='c@y'/>";
  const auto roster = [](const std::string& items) { return user("<query xmlns='jabber:iq:roster'>" + items + "</query>"); };
  const std::string message = "<message from='b@y'></message>", large(5'000, 'x');
  const auto waiting = [](const std::string& messages) { return user("<offline-messages>" + messages + "</offline-messages>"); };
  struct row {
    std::string text;
    std::function<void(portable_limits&)> narrow;
    std::string why;
  };
  const row table[] = {
      {roster(two), [](portable_limits& m) { m.entries.entries = 1; },
       "\"a@example.org\" has too much of contacts, requests, nodes and other texts: 2 of "},
      {roster(two), [](portable_limits& m) { m.entries.bytes = 30; }, "; an account may have 5000 of 30 bytes"},
      {waiting(message + message), [](portable_limits& m) { m.offline.messages = 1; }, "messages that wait: 2 of "},
      {waiting(message), [](portable_limits& m) { m.offline.bytes = 20; },
       "an account may have 100 of 20 bytes (--max-offline-messages, --max-offline-bytes)"},
      {user("<vCard xmlns='vcard-temp'>" + large + "</vCard>"), [](portable_limits& m) { m.text_bytes = 10; },
       "a stanza may have 10 (--max-stanza-bytes)"},
      {waiting("<message from='b@y'>" + large + "</message>"), [](portable_limits& m) { m.text_bytes = 10; },
       "a stanza may have 10 (--max-stanza-bytes)"},
  };
  for (const auto& r : table) {
    CAPTURE(r.why);
    auto s = open_store();
    auto data = taken(r.text);
    portable_limits most;
    CHECK(put(*s, data, most) == outcome::done);
    auto narrow = open_store();
    const auto other = taken(host("<user name='0' password='x'/>"));
    data.users.insert(data.users.begin(), other.users[0]);
    r.narrow(most);
    std::string why;
    CHECK(put(*narrow, data, most, &why) == outcome::over_limit);
    CHECK_MESSAGE(why.find(r.why) != std::string::npos, why);
    CHECK(why.find('\n') == std::string::npos);
    CHECK(contents(*narrow).empty());
  }
  // Of an archive the oldest go, as always.
  auto s = open_store();
  const auto result = [](const char* id) {
    return std::string("<result xmlns='urn:xmpp:mam:2' id='") + id +
           "'><forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' stamp='2010-07-10T23:08:25Z'/>"
           "<message xmlns='jabber:client' from='b@y'/></forwarded></result>";
  };
  portable_limits most;
  most.archive.messages = 1;
  const auto data = taken(user("<archive xmlns='urn:xmpp:pie:0#mam'>" + result("1") + result("2") + "</archive>"));
  CHECK(put(*s, data, most) == outcome::done);
  CHECK(rows(*s, "SELECT id FROM archive", 1) == "2|\n");
}

TEST_CASE("portable: users without keys are taken where there is something of them") {
  const auto u = the_user(host("<user name='a'><vCard xmlns='vcard-temp'/></user>"));
  CHECK_FALSE(u.has_credentials());
  auto s = open_store();
  CHECK(put(*s, taken(host("<user name='a'><vCard xmlns='vcard-temp'/></user>"))) == outcome::done);
  CHECK(names_in(*s).empty());
  CHECK(refused(host("<user name='a'><x xmlns='u'/></user>")).find("nor anything else") != std::string::npos);
}

TEST_CASE("portable: what lies as deep as a stanza may comes back out of its own export") {
  std::string deep = "<message from='b@y'>";
  for (int i = 0; i < 63; ++i) deep += "<x xmlns='u'>";
  for (int i = 0; i < 63; ++i) deep += "</x>";
  deep += "</message>";
  auto s = open_store();
  CHECK(s->write_now([&](database& db) { return append_to_archive(db, dora, "1", 1, "b@y", "", deep, {}); }) == outcome::done);
  CHECK(the_user(written(*s)).archive[0].stanza == deep);
}

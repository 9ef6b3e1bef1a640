// What accounts have said and heard (XEP-0313): what is remembered, and what is answered.

#include "world.hpp"

using namespace couplet;
using namespace couplet::session::testing;
using session::storage_outcome;

namespace {

const std::string orchard = "romeo@example.org/orchard", balcony = "juliet@example.org/balcony";

session::settings remembering(bool offline = true) {
  auto s = example();
  s.archive = true;
  s.offline = offline;
  return s;
}

std::string message(const std::string& content = "<body>hi</body>", const std::string& to = balcony,
                    const std::string& type = " type='chat'") {
  return "<message from='" + orchard + "' to='" + to + "'" + type + ">" + content + "</message>";
}

/// The id in a message's last element, which is taken out.
std::string take_id(std::string& line, const std::string& bare) {
  const auto begin = line.find("<stanza-id xmlns='urn:xmpp:sid:0' by='" + bare + "' id='");
  if (begin == std::string::npos) return "none";
  const auto end = line.find("/>", begin);
  const auto id = line.substr(end - 33, 32);
  line.erase(begin, end + 2 - begin);
  return id;
}

lines comes(world& w, const std::string& name, const std::string& full) {
  w.online(name, full);
  return {};
}

std::string query(const std::string& content, const std::string& attributes = "") {
  return "<iq type='set' id='q'" + attributes + "><query xmlns='urn:xmpp:mam:2' queryid='f27'>" + content + "</query></iq>";
}

std::string field(const std::string& name, const std::string& value) {
  return "<field var='" + name + "'><value>" + value + "</value></field>";
}

std::string with_fields(const std::string& fields, const std::string& rest = "") {
  return query("<x xmlns='jabber:x:data' type='submit'>" + field("FORM_TYPE", "urn:xmpp:mam:2") + fields + "</x>" + rest);
}

std::string page_of(const std::string& content) {
  return query("<set xmlns='http://jabber.org/protocol/rsm'>" + content + "</set>");
}

const std::string result_begins =
    "romeo <- <message from='romeo@example.org' to='romeo@example.org/orchard'><result xmlns='urn:xmpp:mam:2' queryid='f27' id='";

std::string result(const std::string& id, const std::string& stamp, const std::string& content) {
  return result_begins + id + "'><forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' stamp='" + stamp + "'/>" +
         "<message xmlns='jabber:client' to='a@b'>" + content + "</message></forwarded></result></message>";
}

std::string fin(const std::string& attributes, const std::string& set) {
  return "romeo <- <iq type='result' id='q' to='romeo@example.org/orchard'><fin xmlns='urn:xmpp:mam:2'" + attributes +
         "><set xmlns='http://jabber.org/protocol/rsm'>" + set + "</set></fin></iq>";
}

}  // namespace

TEST_CASE("archive: section 3.4: both sides remember it; only the receiver's id goes with it") {
  world w(remembering());
  comes(w, "romeo", orchard);
  comes(w, "juliet", balcony);
  auto log = w.says("romeo", message());
  REQUIRE(log.size() == 1);
  const auto id = take_id(log[0], "juliet@example.org");
  CHECK(log[0] == "juliet <- " + message());
  REQUIRE(w.storage.archived.size() == 2);
  CHECK(w.storage.archived[1] == "juliet@example.org with romeo@example.org/orchard " + id + " " + message());
  CHECK(w.storage.archived[0].starts_with("romeo@example.org with juliet@example.org/balcony "));
  CHECK(w.storage.archived[0].ends_with(" " + message()));
  CHECK_FALSE(contains(w.storage.archived[0], id));
  auto next = w.says("romeo", message());
  CHECK(take_id(next[0], "juliet@example.org") != id);
}

TEST_CASE("archive: carbons tell where it is; what is for oneself is remembered once") {
  world w(remembering());
  comes(w, "romeo", orchard);
  comes(w, "cell", "romeo@example.org/cell");
  comes(w, "juliet", balcony);
  w.says("cell", "<iq type='set' id='c'><enable xmlns='urn:xmpp:carbons:2'/></iq>");
  auto log = w.says("romeo", message());
  REQUIRE(log.size() == 2);
  CHECK(log[0].starts_with("cell <- "));
  CHECK(w.storage.archived[0].find(take_id(log[0], "romeo@example.org")) != std::string::npos);
  w.storage.archived.clear();
  log = w.says("romeo", message("<body>note</body>", "romeo@example.org"));
  REQUIRE(log.size() == 2);
  const auto id = take_id(log[0], "romeo@example.org");
  CHECK(take_id(log[1], "romeo@example.org") == id);
  REQUIRE(w.storage.archived.size() == 1);
  CHECK(w.storage.archived[0].starts_with("romeo@example.org with romeo@example.org/orchard " + id));
}

TEST_CASE("archive: section 5.1.1: what is remembered, and what is not") {
  world w(remembering());
  comes(w, "romeo", orchard);
  comes(w, "juliet", balcony);
  const std::pair<std::string, const char*> rows[] = {
      {"<body>x</body>", " type='groupchat'"},
      {"<body>x</body>", " type='headline'"},
      {"<body>x</body>", " type='error'"},
      {"<x xmlns='urn:x'/>", " type='chat'"},
      {"<body>x</body><no-store xmlns='urn:xmpp:hints'/>", " type='chat'"},
      {"<body>x</body><no-permanent-store xmlns='urn:xmpp:hints'/>", ""},
  };
  for (const auto& [content, type] : rows) {
    const auto m = message(content, balcony, type);
    CHECK(w.says("romeo", m) == lines{"juliet <- " + m});
  }
  CHECK(w.storage.archived.empty());
  w.says("romeo", message("<x xmlns='urn:x'/><store xmlns='urn:xmpp:hints'/>", balcony, ""));
  CHECK(w.storage.archived.size() == 2);
}

TEST_CASE("archive: with what waits for somebody, and not with what is refused") {
  world w(remembering());
  comes(w, "romeo", orchard);
  w.account("juliet@example.org");
  CHECK(w.says("romeo", message("<body>x</body>", "juliet@example.org")).empty());
  REQUIRE(w.storage.archived.size() == 2);
  w.starts("juliet", balcony);
  auto log = w.says("juliet", "<presence/>");
  REQUIRE(log.size() == 3);
  CHECK(contains(w.storage.archived[1], take_id(log[1], "juliet@example.org")));
  w.storage.archived.clear();
  w.says("romeo", message("<body>x</body>", "juliet@example.org/gone", ""));  // answered with an error
  CHECK(w.storage.archived.size() == 1);                                      // romeo has said it
  world none(remembering(false));
  comes(none, "romeo", orchard);
  none.account("juliet@example.org");
  none.says("romeo", message("<body>x</body>", "juliet@example.org"));
  CHECK(none.storage.archived.size() == 1);
}

TEST_CASE("archive: section 4: a query, its results in order, and their end") {
  world w(remembering());
  comes(w, "romeo", orchard);
  w.storage.page.messages.emplace_back("A", 1'000, "<message to='a@b'>1</message>");
  w.storage.page.messages.emplace_back("B", 2'500, "<message to='a@b'>2</message>");
  w.storage.page.complete = true;
  w.storage.page.count = 2;
  const auto one = result("A", "1970-01-01T00:00:01.000Z", "1"), two = result("B", "1970-01-01T00:00:02.500Z", "2");
  const auto end = fin(" complete='true'", "<first index='0'>A</first><last>B</last><count>2</count>");
  CHECK(w.says("romeo", query("")) == lines{one, two, end});
  CHECK(w.storage.asked.most == 50);
  CHECK(w.says("romeo", query("<flip-page/>")) == lines{two, one, end});
  w.storage.page.complete = false;
  w.storage.page.count.reset();
  CHECK(w.says("romeo", page_of("<max>2</max><after>0</after>")) == lines{one, two, fin("", "<first>A</first><last>B</last>")});
  w.storage.page = {};
  w.storage.page.complete = true;
  w.storage.page.count = 0;
  CHECK(w.says("romeo", query("")) == lines{fin(" complete='true'", "<count>0</count>")});
  w.storage.unknown_id = true;
  CHECK(contains(w.says("romeo", page_of("<after>x</after>")).at(0), "item-not-found"));
  w.storage.broken = storage_outcome::unavailable;
  CHECK(contains(w.says("romeo", query("")).at(0), "internal-server-error"));
}

TEST_CASE("archive: what a query says is what is asked") {
  world w(remembering());
  comes(w, "romeo", orchard);
  w.says("romeo", with_fields(field("with", "Juliet@Example.org/balcony") + field("start", "1970-01-01T00:00:01Z") +
                                  field("end", "1970-01-01T01:00:02+01:00") + field("before-id", "b") + field("after-id", "a") +
                                  "<field var='ids'><value>1</value><value>2</value></field>",
                              "<set xmlns='http://jabber.org/protocol/rsm'><max>7</max><before>z</before></set>"));
  const auto& q = w.storage.asked;
  CHECK(q.with == "juliet@example.org");
  CHECK(q.with_resource == "balcony");
  CHECK(q.start == 1'000);
  CHECK(q.end == 2'000);
  CHECK(q.before_id == "b");
  CHECK(q.after_id == "a");
  CHECK(q.ids == std::vector<std::string>{"1", "2"});
  CHECK(q.most == 7);
  CHECK(q.page_before == "z");
  CHECK(q.last_page);
  w.says("romeo", page_of("<before/><max>100000</max>"));
  CHECK(q.page_before.empty());
  CHECK(q.last_page);
  CHECK(q.most == 250);
  w.says("romeo", page_of("<after>y</after>"));
  CHECK(q.page_after == "y");
  CHECK_FALSE(q.last_page);
}

TEST_CASE("archive: what cannot be asked") {
  world w(remembering());
  comes(w, "romeo", orchard);
  comes(w, "juliet", balcony);
  std::string many;
  for (int i = 0; i < 251; ++i) many += "<value>" + std::to_string(i) + "</value>";
  const std::pair<std::string, const char*> rows[] = {
      {with_fields(field("start", "yesterday")), "bad-request"},
      {with_fields(field("with", "@")), "jid-malformed"},
      {with_fields(field("include-groupchat", "true")), "feature-not-implemented"},
      {with_fields(field("{urn:x}text", "x")), "feature-not-implemented"},
      {with_fields(field("FORM_TYPE", "urn:x")), "bad-request"},
      {with_fields("<field var='ids'>" + many + "</field>"), "not-acceptable"},
      {page_of("<max>-1</max>"), "bad-request"},
      {page_of("<max>x</max>"), "bad-request"},
      {page_of("<max/>"), "bad-request"},
      {page_of("<index>1</index>"), "feature-not-implemented"},
  };
  for (const auto& [iq, condition] : rows) {
    CAPTURE(iq);
    const auto log = w.says("romeo", iq);
    REQUIRE(log.size() == 1);
    CHECK(contains(log[0], condition));
  }
  // Another's archive, whether there is such an account or not; the server has none.
  for (const auto* who : {"juliet@example.org", "nobody@example.org"}) {
    CHECK(contains(w.says("romeo", query("", std::string(" to='") + who + "'")).at(0), "<forbidden "));
  }
  CHECK(contains(w.says("romeo", query("", " to='example.org'")).at(0), "service-unavailable"));
  world off;
  comes(off, "romeo", orchard);
  CHECK(contains(off.says("romeo", query("")).at(0), "service-unavailable"));
  CHECK(contains(off.says("romeo", query("", " to='juliet@example.org'")).at(0), "service-unavailable"));
}

TEST_CASE("archive: four queries of a session at a time; who leaves is not answered") {
  world w(remembering());
  comes(w, "romeo", orchard);
  w.storage_waits = true;
  for (int i = 0; i < 4; ++i) CHECK(w.says("romeo", query("")).empty());
  CHECK(contains(w.says("romeo", query("")).at(0), "resource-constraint"));
  CHECK(w.storage_answers().size() == 4);
  w.storage_waits = true;
  CHECK(w.says("romeo", query("")).empty());
  w.gone("romeo");
  CHECK(w.storage_answers().empty());
}

TEST_CASE("archive: the form, metadata, features") {
  world w(remembering());
  comes(w, "romeo", orchard);
  const auto form = w.says("romeo", "<iq type='get' id='f'><query xmlns='urn:xmpp:mam:2'/></iq>").at(0);
  for (const auto* name : {"with", "start", "end", "before-id", "after-id", "ids"}) {
    CHECK(contains(form, std::string(" var='") + name + "'"));
  }
  const std::string metadata = "<iq type='get' id='m'><metadata xmlns='urn:xmpp:mam:2'/></iq>";
  const auto said = [](const std::string& content) {
    return lines{"romeo <- <iq type='result' id='m' to='romeo@example.org/orchard'><metadata xmlns='urn:xmpp:mam:2'>" + content +
                 "</metadata></iq>"};
  };
  CHECK(w.says("romeo", metadata) == said(""));
  w.storage.page.messages.emplace_back("A", 0, "");
  w.storage.page.messages.emplace_back("B", 1, "");
  CHECK(w.says("romeo", metadata) == said("<start id='A' timestamp='1970-01-01T00:00:00.000Z'/>"
                                          "<end id='B' timestamp='1970-01-01T00:00:00.001Z'/>"));
  CHECK(contains(w.says("romeo", "<iq type='set' id='m'><metadata xmlns='urn:xmpp:mam:2'/></iq>").at(0), "bad-request"));
  const auto info = w.says("romeo", "<iq type='get' id='i'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>").at(0);
  CHECK(contains(info, "<feature var='urn:xmpp:mam:2'/><feature var='urn:xmpp:mam:2#extended'/>"));
}

TEST_CASE("archive: XEP-0441: always, never, contacts; kept from one run to the next") {
  world w(remembering());
  comes(w, "romeo", orchard);
  comes(w, "juliet", balcony);
  const auto prefer = [&](const std::string& scope, const std::string& always, const std::string& never) {
    const auto list = [](const std::string& name, const std::string& jid) {
      return "<" + name + ">" + (jid.empty() ? "" : "<jid>" + jid + "</jid>") + "</" + name + ">";
    };
    const auto prefs =
        "<prefs xmlns='urn:xmpp:mam:2' default='" + scope + "'>" + list("always", always) + list("never", never) + "</prefs>";
    CHECK(w.says("juliet", "<iq type='set' id='p'>" + prefs + "</iq>") ==
          lines{"juliet <- <iq type='result' id='p' to='" + balcony + "'>" + prefs + "</iq>"});
  };
  const auto is_archived = [&] {
    w.storage.archived.clear();
    auto log = w.says("romeo", message());
    const bool marked = take_id(log.at(0), "juliet@example.org") != "none";
    const bool written = w.storage.archived.size() == 2;
    CHECK(marked == written);
    return written;
  };
  CHECK(contains(w.says("juliet", "<iq type='get' id='p'><prefs xmlns='urn:xmpp:mam:2'/></iq>").at(0), "default='always'"));
  CHECK(is_archived());
  prefer("never", "", "");
  CHECK_FALSE(is_archived());
  CHECK(w.storage.preferences["juliet@example.org"] == "n");
  prefer("never", "romeo@example.org", "");
  CHECK(is_archived());
  prefer("always", "", "romeo@example.org");
  CHECK_FALSE(is_archived());
  prefer("always", "", "romeo@example.org/orchard");
  CHECK_FALSE(is_archived());
  CHECK(w.storage.preferences["juliet@example.org"] == "a\n-romeo@example.org/orchard");
  prefer("always", "", "romeo@example.org/cell");
  CHECK(is_archived());
  prefer("roster", "", "");
  CHECK_FALSE(is_archived());
  prefer("always", "", "");
  CHECK(w.storage.preferences["juliet@example.org"].empty());
  for (const auto& [prefs, condition] :
       {std::pair("<prefs xmlns='urn:xmpp:mam:2' default='x'/>", "bad-request"),
        std::pair("<prefs xmlns='urn:xmpp:mam:2'/>", "bad-request"),
        std::pair("<prefs xmlns='urn:xmpp:mam:2' default='never'><never><jid>@</jid></never></prefs>", "jid-malformed")}) {
    CHECK(contains(w.says("juliet", std::string("<iq type='set' id='p'>") + prefs + "</iq>").at(0), condition));
  }
  CHECK(is_archived());
  w.of("juliet@example.org").set_archive_preferences("juliet@example.org", "n\n+x@y");
  CHECK_FALSE(is_archived());
  w.storage.broken = storage_outcome::full;
  CHECK(contains(w.says("juliet", "<iq type='set' id='p'><prefs xmlns='urn:xmpp:mam:2' default='always'/></iq>").at(0),
                 "resource-constraint"));
  w.storage.broken = storage_outcome::done;
  CHECK_FALSE(is_archived());
}

TEST_CASE("archive: only contacts, while nobody is there to know them: the storage looks, and no id is promised") {
  world w(remembering());
  comes(w, "romeo", orchard);
  w.account("juliet@example.org");
  w.of("juliet@example.org").set_archive_preferences("juliet@example.org", "c");
  w.says("romeo", message("<body>1</body>", "juliet@example.org"));
  CHECK(w.storage.archived.size() == 1);
  w.storage.answer(session::storage_request(
      "juliet@example.org",
      session::change_entries(session::entry_change(session::entry_change::verb::put, storage::entry_kind::roster_item,
                                                    "romeo@example.org", "<item jid='romeo@example.org'/>"))));
  w.says("romeo", message("<body>2</body>", "juliet@example.org"));
  CHECK(w.storage.archived.size() == 3);
  w.starts("juliet", balcony);
  for (auto& line : w.says("juliet", "<presence/>")) CHECK(take_id(line, "juliet@example.org") == "none");
}

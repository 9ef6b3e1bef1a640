// Messages that wait for somebody who is not there (XEP-0160, XEP-0203).

#include "world.hpp"

using namespace couplet;
using namespace couplet::session::testing;
using session::storage_outcome;

namespace {

constexpr auto juliet = "juliet@example.org";

session::settings kept(std::size_t messages = 100, std::size_t bytes = 1U << 20U) {
  auto s = example();
  s.offline = true;
  s.offline_limits = {messages, bytes};
  return s;
}

/// Romeo is there, juliet is not.
void apart(world& w) {
  w.online("romeo", "romeo@example.org/orchard");
  w.account(juliet);
}

std::string message(const std::string& body, const std::string& rest = " to='juliet@example.org' type='chat'") {
  return "<message from='romeo@example.org/orchard' id='" + body + "'" + rest + "><body>" + body + "</body></message>";
}

const std::string delay =
    "<delay xmlns='urn:xmpp:delay' from='example.org' stamp='1970-01-01T00:00:01.000Z'>Offline Storage</delay>";

std::string late(const std::string& body) {
  return "<message from='romeo@example.org/orchard' id='" + body + "' to='juliet@example.org' type='chat'><body>" + body +
         "</body>" + delay + "</message>";
}

std::string question(int page, const std::string& resource = "balcony") {
  return "<iq type='get' from='example.org' to='juliet@example.org/" + resource + "' id='offline-" + std::to_string(page) +
         "'><ping xmlns='urn:xmpp:ping'/></iq>";
}

lines without_presence(lines log) {
  std::erase_if(log, [](const std::string& line) { return contains(line, "<presence"); });
  return log;
}

/// Comes, and says that it is there; what it is given, apart from presence.
lines comes(world& w, const std::string& name, int priority = 0) {
  w.starts(name, std::string(juliet) + "/" + name);
  return without_presence(w.says(name, "<presence><priority>" + std::to_string(priority) + "</priority></presence>"));
}

lines answers(world& w, const std::string& name, int page, const std::string& type = "result") {
  return without_presence(w.says(name, "<iq type='" + type + "' to='example.org' id='offline-" + std::to_string(page) + "'/>"));
}

}  // namespace

TEST_CASE("offline: XEP-0160 section 2: kept, given with the time they came, gone when the client has them") {
  world w(kept());
  apart(w);
  CHECK(w.says("romeo", message("one")).empty());
  CHECK(w.says("romeo", message("two")).empty());
  CHECK(w.storage.messages(juliet) == 2);
  CHECK(comes(w, "balcony") == lines{"balcony <- " + late("one"), "balcony <- " + late("two"), "balcony <- " + question(1)});
  CHECK(w.storage.messages(juliet) == 2);  // who knows whether they arrive
  CHECK(answers(w, "balcony", 1).empty());
  CHECK(w.storage.messages(juliet) == 0);
  w.gone("balcony");
  CHECK(comes(w, "balcony").empty());
  // What comes while somebody is there does not wait.
  CHECK(w.says("romeo", message("three")) == lines{"balcony <- " + message("three")});
}

TEST_CASE("offline: nobody is there who takes messages: away, negative, or gone; then the first who does has them") {
  world w(kept());
  apart(w);
  CHECK(comes(w, "bot", -1).empty());
  w.starts("silent", "juliet@example.org/silent");
  w.says("romeo", message("one"));
  w.says("romeo", message("two", " to='juliet@example.org/gone' type='chat'"));
  CHECK(w.storage.messages(juliet) == 2);
  CHECK(without_presence(w.says("bot", "<presence><priority>-5</priority></presence>")).empty());
  CHECK(without_presence(w.says("bot", "<presence/>")).size() == 3);
  CHECK(comes(w, "balcony").empty());  // one session is given them
  CHECK(answers(w, "bot", 1).empty());
  CHECK(w.storage.messages(juliet) == 0);
}

TEST_CASE("offline: page after page, as the client takes them") {
  world w(kept());
  apart(w);
  const std::string large(15'000, 'x');
  for (int i = 0; i < 7; ++i) CHECK(w.says("romeo", message(std::to_string(i) + large)).empty());
  lines given = comes(w, "balcony");
  for (int page = 1; page <= 3; ++page) {
    CAPTURE(page);
    const std::size_t expected = page == 3 ? 1 : 3;
    REQUIRE(given.size() == expected + 1);
    CHECK(given.back() == "balcony <- " + question(page));
    CHECK(contains(given[0], "id='" + std::to_string((page - 1) * 3)));
    CHECK(answers(w, "balcony", page - 1).empty());  // not the answer to this one
    CHECK(w.storage.messages(juliet) == static_cast<std::size_t>(7 - (page - 1) * 3));
    given = answers(w, "balcony", page, page == 2 ? "error" : "result");  // an answer is an answer
  }
  CHECK(given.empty());
  CHECK(w.storage.messages(juliet) == 0);
}

TEST_CASE("offline: a client that goes in the middle of it: nothing is lost, another one goes on") {
  world w(kept());
  apart(w);
  w.says("romeo", message("one"));
  w.says("romeo", message("two"));
  CHECK(comes(w, "balcony").size() == 3);
  // What it was not given comes back: it is there still.
  CHECK(without_presence(w.gone("balcony", late("two"))).empty());
  CHECK(without_presence(w.gone("balcony", question(1))).empty());
  CHECK(w.storage.messages(juliet) == 2);
  CHECK(comes(w, "chamber").size() == 3);
  CHECK(comes(w, "tower").empty());
  const auto taken_over = without_presence(w.gone("chamber"));
  CHECK(taken_over == lines{"tower <- " + late("one"), "tower <- " + late("two"), "tower <- " + question(1, "tower")});
  answers(w, "tower", 1);
  CHECK(w.storage.messages(juliet) == 0);
}

TEST_CASE("offline: replaced, unavailable or negative in the middle of it") {
  world w(kept());
  apart(w);
  w.says("romeo", message("one"));
  CHECK(comes(w, "balcony").size() == 2);
  w.starts("new", "juliet@example.org/balcony");
  CHECK(without_presence(w.says("new", "<presence/>")).size() == 2);
  w.says("new", "<presence type='unavailable'/>");
  CHECK(comes(w, "tower").empty());  // it may have them: its answer decides
  CHECK(answers(w, "new", 1).empty());
  CHECK(w.storage.messages(juliet) == 0);
}

TEST_CASE("offline: section 3, by type and by hints") {
  struct row {
    const char *type, *content;
    bool is_kept, is_answered;
  };
  const row rows[] = {
      {"chat", "<body/>", true, false},
      {"normal", "<body/>", true, false},
      {"", "<subject/>", true, false},
      {"groupchat", "<body/>", false, true},
      {"headline", "<body/>", false, false},
      {"error", "<body/>", false, false},
      {"chat", "<composing xmlns='http://jabber.org/protocol/chatstates'/>", false, true},
      {"chat", "<body/><no-store xmlns='urn:xmpp:hints'/>", false, true},
      {"chat", "<body/><no-permanent-store xmlns='urn:xmpp:hints'/>", true, false},
      {"chat", "<composing xmlns='http://jabber.org/protocol/chatstates'/><store xmlns='urn:xmpp:hints'/>", true, false},
  };
  for (const auto& r : rows) {
    CAPTURE(r.type);
    CAPTURE(r.content);
    world w(kept());
    apart(w);
    const std::string type = r.type[0] == '\0' ? "" : std::string(" type='") + r.type + "'";
    const auto log = w.says("romeo", "<message to='juliet@example.org'" + type + ">" + r.content + "</message>");
    CHECK(w.storage.messages(juliet) == (r.is_kept ? 1 : 0));
    CHECK((log.size() == 1 && contains(log[0], "service-unavailable")) == r.is_answered);
    CHECK(log.empty() != r.is_answered);
  }
}

TEST_CASE("offline: a message of nothing but its first tag") {
  world w(kept());
  apart(w);
  w.says("romeo", "<message from='romeo@example.org/orchard' to='juliet@example.org'/>");
  const auto given = comes(w, "balcony");
  REQUIRE(given.size() == 2);
  CHECK(given[0] == "balcony <- <message from='romeo@example.org/orchard' to='juliet@example.org'>" + delay + "</message>");
}

TEST_CASE("offline: what cannot be kept: its sender is told, each in his words") {
  const std::pair<storage_outcome, const char*> rows[] = {{storage_outcome::full, "resource-constraint"},
                                                          {storage_outcome::unavailable, "internal-server-error"}};
  for (const auto& [outcome, condition] : rows) {
    world w(kept());
    apart(w);
    w.storage.broken = outcome;
    const auto log = w.says("romeo", message("one"));
    REQUIRE(log.size() == 1);
    CHECK(
        log[0].starts_with("romeo <- <message type='error' id='one' from='juliet@example.org' to='romeo@example.org/orchard'>"));
    CHECK(contains(log[0], condition));
  }
  world w(kept(1));
  apart(w);
  CHECK(w.says("romeo", message("one")).empty());
  CHECK(contains(w.says("romeo", message("two")).at(0), "service-unavailable"));
  world small(kept(100, 50));
  apart(small);
  CHECK(contains(small.says("romeo", message("one")).at(0), "service-unavailable"));
  CHECK(small.says("romeo", message("x", " to='nobody@example.org'")).size() == 1);  // no such account
}

TEST_CASE("offline: the storage does not work when they are to be read or removed: they are given when it does") {
  world w(kept());
  apart(w);
  w.says("romeo", message("one"));
  w.storage.broken = storage_outcome::unavailable;
  CHECK(comes(w, "balcony").empty());
  w.storage.broken = storage_outcome::done;
  w.says("balcony", "<presence type='unavailable'/>");
  CHECK(without_presence(w.says("balcony", "<presence/>")).size() == 2);
  w.storage.broken = storage_outcome::unavailable;
  CHECK(answers(w, "balcony", 1).empty());  // and the page is not given again and again
  w.storage.broken = storage_outcome::done;
  CHECK(w.storage.messages(juliet) == 1);
  w.gone("balcony");
  CHECK(comes(w, "balcony").size() == 2);
}

TEST_CASE("offline: asked while the storage takes its time: in order, and nobody is forgotten") {
  world w(kept());
  apart(w);
  w.storage_waits = true;
  w.says("romeo", message("one"));
  CHECK(comes(w, "balcony").empty());
  w.says("balcony", "<presence type='unavailable'/>");
  w.says("romeo", message("two"));
  CHECK(without_presence(w.storage_answers()).empty());  // it is not there any more
  CHECK(w.storage.messages(juliet) == 2);
  CHECK(without_presence(w.says("balcony", "<presence/>")).size() == 3);
}

TEST_CASE("offline: a message that a client was not given waits where nobody else is there") {
  world w(kept());
  apart(w);
  comes(w, "balcony");
  const auto to_resource = message("one", " to='juliet@example.org/balcony' type='normal'");
  CHECK(w.says("romeo", to_resource) == lines{"balcony <- " + to_resource});
  CHECK(w.gone("balcony", to_resource).empty());
  CHECK(w.gone("balcony", message("two")).empty());
  CHECK(w.storage.messages(juliet) == 2);
  const auto headline = message("three", " to='juliet@example.org/balcony' type='headline'");
  CHECK(w.gone("balcony", headline).empty());
  CHECK(w.storage.messages(juliet) == 2);
  CHECK(comes(w, "chamber").size() == 3);
}

TEST_CASE("offline: what has waited says which route it came by") {
  world w(kept());
  apart(w);
  w.storage.origin = {0xABC, 4711, 0};
  w.says("romeo", message("one"));
  const auto told = comes(w, "balcony");
  CHECK(std::count_if(told.begin(), told.end(), [](const auto& l) {
          return contains(l, "<body>one</body>") && l.ends_with(", by 0000000000000abc.4711");
        }) == 1);
  CHECK(std::count_if(told.begin(), told.end(), [](const auto& l) { return contains(l, ", by "); }) == 1);
}

TEST_CASE("offline: what may wait is looked for once where accounts are stored, and where something has come") {
  auto s = kept();
  s.stored = true;
  world w(s);
  w.account(juliet);
  w.storage.answer(session::storage_request(juliet, session::append_offline("<message/>")));  // of a run before
  CHECK(comes(w, "balcony").size() == 2);
  world in_memory(kept());
  in_memory.account(juliet);
  in_memory.storage.answer(session::storage_request(juliet, session::append_offline("<message/>")));
  CHECK(comes(in_memory, "balcony").empty());
}

TEST_CASE("offline: only a server that keeps messages says so") {
  const std::string info = "<iq type='get' id='i' to='example.org'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>";
  world w(kept());
  w.online("romeo", "romeo@example.org/orchard");
  CHECK(contains(w.says("romeo", info).at(0), "<feature var='msgoffline'/>"));
  world none;
  none.online("romeo", "romeo@example.org/orchard");
  CHECK_FALSE(contains(none.says("romeo", info).at(0), "msgoffline"));
}

TEST_CASE("offline: what the server tells of logins does not wait, what components say does") {
  world w(kept());
  w.account(juliet);
  w.deliver("<message from='example.org/00000000000000ff' to='juliet@example.org'><update/></message>");
  CHECK(w.storage.messages(juliet) == 0);
  w.deliver("<message from='news.example.com' to='juliet@example.org'><body>!</body></message>");
  CHECK(w.storage.messages(juliet) == 1);
}

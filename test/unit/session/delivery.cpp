#include "world.hpp"

using namespace couplet;
using namespace couplet::session::testing;

namespace {

// What a row of the table expects.
enum class outcome { delivered, answered, ignored };

/// What became of a stanza that romeo sent: who got it as it was, and whether romeo got `condition` back.
struct found {
  lines receivers;
  bool answered = false;
  bool other = false;
};

found look_at(const lines& log, std::string_view stanza_name, std::string_view condition) {
  found f;
  for (const auto& line : log) {
    const auto arrow = line.find(" <- <");
    if (arrow == std::string::npos || !std::string_view(line).substr(arrow + 5).starts_with(stanza_name)) {
      f.other = true;
    } else if (contains(line, "<error ") && line.starts_with("romeo") && contains(line, condition)) {
      f.answered = true;
    } else {
      f.receivers.push_back(line.substr(0, arrow));
    }
  }
  return f;
}

struct row {
  const char* section;
  std::string attributes;   // of the stanza, apart from `to`
  lines receivers;          // nobody: see `answer`
  const char* answer = "";  // the condition that romeo is told; empty: nothing
};

void check(world& w, std::string_view name, std::string_view to, const std::vector<row>& rows) {
  for (const auto& r : rows) {
    std::string stanza = "<";
    stanza.append(name).append(" to='").append(to).append("' id='1'").append(r.attributes).append("><x xmlns='urn:x'/></");
    stanza.append(name).append(">");
    CAPTURE(r.section);
    CAPTURE(stanza);
    const auto f = look_at(w.says("romeo", stanza), name, r.answer);
    CHECK(f.receivers == r.receivers);
    CHECK(f.answered == (r.answer[0] != '\0'));
    CHECK_FALSE(f.other);
  }
}

const std::string errors_inside = " type='error'";

}  // namespace

TEST_CASE("RFC 6121 section 8.5.1: no such user; nobody can tell it from a user who is away") {
  for (const bool exists : {false, true}) {
    CAPTURE(exists);
    world w;
    w.online("romeo", "romeo@example.org/orchard");
    if (exists) w.account("juliet@example.org");
    for (const auto* to : {"juliet@example.org", "juliet@example.org/balcony"}) {
      check(w, "message", to,
            {{"8.5.1", "", {}, "service-unavailable"},
             {"8.5.1", " type='normal'", {}, "service-unavailable"},
             {"8.5.1", " type='chat'", {}, "service-unavailable"},
             {"8.5.1", " type='groupchat'", {}, "service-unavailable"},
             {"8.5.1", " type='headline'", {}},
             {"8.5.1", errors_inside, {}},
             {"5.2.2: as normal", " type='sonnet'", {}, "service-unavailable"}});
      check(w, "presence", to,
            {{"8.5.1", "", {}},
             {"8.5.1", " type='unavailable'", {}},
             {"8.5.1", " type='probe'", {}},
             {"8.5.1", errors_inside, {}},
             {"8.5.1", " type='subscribe'", {}},
             {"8.5.1", " type='subscribed'", {}},
             {"8.5.1", " type='unsubscribe'", {}},
             {"8.5.1", " type='unsubscribed'", {}}});
      check(w, "iq", to,
            {{"8.5.1", " type='get'", {}, "service-unavailable"},
             {"8.5.1", " type='set'", {}, "service-unavailable"},
             {"8.5.1", " type='result'", {}},
             {"8.5.1", errors_inside, {}}});
    }
  }
}

TEST_CASE("RFC 6121 section 8.5.2.1: bare JID with available resources") {
  world w;
  w.online("romeo", "romeo@example.org/orchard");
  w.online("balcony", "juliet@example.org/balcony", 1);
  w.online("chamber", "juliet@example.org/chamber", 0);
  w.online("bot", "juliet@example.org/bot", -1);
  w.starts("silent", "juliet@example.org/silent");  // connected, not available
  const lines open_to_messages = {"chamber", "balcony"};
  check(w, "message", "juliet@example.org",
        {{"8.5.2.1.1", "", open_to_messages},
         {"8.5.2.1.1", " type='normal'", open_to_messages},
         {"8.5.2.1.1", " type='chat'", open_to_messages},
         {"8.5.2.1.1", " type='headline'", open_to_messages},
         {"8.5.2.1.1", " type='groupchat'", {}, "service-unavailable"},
         {"8.5.2.1.1", errors_inside, {}}});
  check(w, "presence", "juliet@example.org",
        {{"8.5.2.1.2", "", {"bot", "chamber", "balcony"}},
         {"8.5.2.1.2", " type='unavailable'", {"bot", "chamber", "balcony"}},
         {"8.5.2.1.2, 3.1.3", " type='subscribe'", {"bot", "chamber", "balcony"}},
         {"8.5.2.1.2", " type='probe'", {}},
         {"8.5.2.1.2", errors_inside, {}}});
  check(w, "iq", "juliet@example.org",
        {{"8.5.2.1.3", " type='get'", {}, "service-unavailable"},
         {"8.5.2.1.3", " type='set'", {}, "service-unavailable"},
         {"8.5.2.1.3", " type='result'", {}},
         {"8.5.2.1.3", errors_inside, {}}});
}

TEST_CASE("RFC 6121 sections 8.5.2.1.1, 8.5.2.2: only negative priorities are as nobody there") {
  world w;
  w.online("romeo", "romeo@example.org/orchard");
  w.online("bot", "juliet@example.org/bot", -128);
  check(w, "message", "juliet@example.org",
        {{"8.5.2.2.1", "", {}, "service-unavailable"},
         {"8.5.2.2.1", " type='chat'", {}, "service-unavailable"},
         {"8.5.2.2.1", " type='groupchat'", {}, "service-unavailable"},
         {"8.5.2.2.1", " type='headline'", {}},
         {"8.5.2.2.1", errors_inside, {}}});
}

TEST_CASE("RFC 6121 section 8.5.3.1: full JID, the resource is there, available or not, whatever its priority") {
  for (const auto* resource : {"bot", "silent"}) {
    world w;
    w.online("romeo", "romeo@example.org/orchard");
    w.online("balcony", "juliet@example.org/balcony", 5);
    if (resource == std::string_view("bot")) {
      w.online("bot", "juliet@example.org/bot", -1);
    } else {
      w.starts("silent", "juliet@example.org/silent");
    }
    const lines it = {resource};
    const auto to = std::string("juliet@example.org/") + resource;
    check(w, "message", to,
          {{"8.5.3.1", "", it},
           {"8.5.3.1", " type='normal'", it},
           {"8.5.3.1", " type='chat'", it},
           {"8.5.3.1", " type='groupchat'", it},
           {"8.5.3.1", " type='headline'", it},
           {"8.5.3.1", errors_inside, it}});
    check(w, "presence", to,
          {{"8.5.3.1", "", it},
           {"8.5.3.1", " type='unavailable'", it},
           {"8.5.3.1", errors_inside, it},
           {"3.1.3", " type='subscribe'", resource == std::string_view("bot") ? lines{"bot", "balcony"} : lines{"balcony"}},
           {"8.5.3.1", " type='probe'", {}}});
    check(w, "iq", to,
          {{"8.5.3.1", " type='get'", it},
           {"8.5.3.1", " type='set'", it},
           {"8.5.3.1", " type='result'", it},
           {"8.5.3.1", errors_inside, it}});
  }
}

TEST_CASE("RFC 6121 section 8.5.3.2: full JID, no such resource: chats are for the person") {
  world w;
  w.online("romeo", "romeo@example.org/orchard");
  w.online("balcony", "juliet@example.org/balcony");
  check(w, "message", "juliet@example.org/gone",
        {{"8.5.3.2.1", "", {}, "service-unavailable"},
         {"8.5.3.2.1", " type='normal'", {}, "service-unavailable"},
         {"8.5.3.2.1", " type='chat'", {"balcony"}},
         {"8.5.3.2.1", " type='groupchat'", {}, "service-unavailable"},
         {"8.5.3.2.1", " type='headline'", {}},
         {"8.5.3.2.1", errors_inside, {}}});
  check(w, "presence", "juliet@example.org/gone",
        {{"8.5.3.2.2", "", {}}, {"8.5.3.2.2", " type='unavailable'", {}}, {"8.5.3.2.2", errors_inside, {}}});
  check(w, "iq", "juliet@example.org/gone",
        {{"8.5.3.2.3", " type='get'", {}, "service-unavailable"},
         {"8.5.3.2.3", " type='set'", {}, "service-unavailable"},
         {"8.5.3.2.3", " type='result'", {}},
         {"8.5.3.2.3", errors_inside, {}}});
  // Resources are compared byte by byte.
  check(w, "iq", "juliet@example.org/Balcony", {{"RFC 6122", " type='get'", {}, "service-unavailable"}});
}

TEST_CASE("RFC 6120 section 10.5, RFC 6121 section 8.2: the server itself, and other servers") {
  world w;
  w.online("romeo", "romeo@example.org/orchard");
  for (const auto* to : {"example.org", "example.net", "example.org/desk"}) {
    check(w, "message", to,
          {{"10.5.1", "", {}, "service-unavailable"}, {"10.5.1", " type='headline'", {}}, {"10.5.1", errors_inside, {}}});
    check(w, "presence", to,
          {{"10.5.1", "", {}}, {"10.5.1", " type='probe'", {}}, {"10.5.1", " type='subscribe'", {}, "feature-not-implemented"}});
    check(w, "iq", to,
          {{"10.5.1", " type='get'", {}, "service-unavailable"},
           {"10.5.1", " type='set'", {}, "service-unavailable"},
           {"10.5.1", " type='result'", {}},
           {"10.5.1", errors_inside, {}}});
  }
  for (const auto* to : {"juliet@elsewhere.org", "elsewhere.org", "juliet@example.org.evil/x"}) {
    check(w, "message", to, {{"8.2", "", {}, "remote-server-not-found"}, {"8.2", errors_inside, {}}});
    check(w, "presence", to,
          {{"8.2", "", {}, "remote-server-not-found"}, {"8.2", " type='subscribe'", {}, "remote-server-not-found"}});
    check(w, "iq", to, {{"8.2", " type='get'", {}, "remote-server-not-found"}, {"8.2", " type='result'", {}}});
  }
}

TEST_CASE("RFC 6120 section 10.3: a stanza to nobody is for the own account") {
  world w;
  w.online("romeo", "romeo@example.org/orchard");
  w.online("friar", "romeo@example.org/cell");
  CHECK(w.says("romeo", "<message id='1'><body>note</body></message>") ==
        lines{"friar <- <message from='romeo@example.org/orchard' id='1'><body>note</body></message>",
              "romeo <- <message from='romeo@example.org/orchard' id='1'><body>note</body></message>"});
  CHECK(w.says("romeo", "<iq id='1' type='result'/>").empty());
  CHECK(contains(w.says("romeo", "<iq id='1' type='get'><query xmlns='jabber:iq:roster'/></iq>").at(0),
                 "romeo <- <iq type='result' id='1' to='romeo@example.org/orchard'><query xmlns='jabber:iq:roster' ver='"));
}

TEST_CASE("delivery: a stanza arrives as it was sent, with its sender's address") {
  world w;
  w.online("romeo", "romeo@example.org/orchard");
  w.online("juliet", "juliet@example.org/balcony");
  const std::string rest =
      " to='juliet@example.org/balcony' type='chat' xml:lang='en'><body>a &lt; b<![CDATA[ & ]]></body></message>";
  CHECK(w.says("romeo", "<message from='romeo@example.org/orchard'" + rest) ==
        lines{"juliet <- <message from='romeo@example.org/orchard'" + rest});
  CHECK(w.says("romeo", "<message" + rest) == lines{"juliet <- <message from='romeo@example.org/orchard'" + rest});
}

TEST_CASE("delivery: SECURITY 25: nobody writes under another's name") {
  world w;
  w.online("romeo", "romeo@example.org/orchard");
  w.online("juliet", "juliet@example.org/balcony");
  for (const auto* from : {"juliet@example.org/balcony", "romeo@example.org", "romeo@example.org/cell", "", "example.org",
                           "a b@c", "romeo@example.org/orchard2", "ROMEO@example.org/orchard"}) {
    CAPTURE(from);
    CHECK(w.says("romeo", std::string("<message to='juliet@example.org/balcony' from=\"") + from + "\" id='1'/>") ==
          lines{"juliet <- <message to='juliet@example.org/balcony' from='romeo@example.org/orchard' id='1'/>"});
  }
  // Written with references it is the same name.
  CHECK(w.says("romeo", "<message to='juliet@example.org/balcony' from='romeo&#64;example.org/orchard'/>") ==
        lines{"juliet <- <message to='juliet@example.org/balcony' from='romeo&#64;example.org/orchard'/>"});
}

TEST_CASE("delivery: addresses are prepared, references in them decoded") {
  world w;
  w.online("romeo", "romeo@example.org/it's <me> & \"you\"");
  w.online("juliet", "jülïet@example.org/Bälcony &");
  for (const auto* to :
       {"jülïet@example.org/Bälcony &amp;", "JÜLÏET@EXAMPLE.ORG/Bälcony &#38;", "j&#xFC;lïet@example.org/Bälcony &amp;"}) {
    CAPTURE(to);
    CHECK(w.says("romeo", std::string("<message to='") + to + "'/>") ==
          lines{std::string("juliet <- <message from='romeo@example.org/it&apos;s &lt;me&gt; &amp; &quot;you&quot;' to='") + to +
                "'/>"});
  }
  // The answer finds its way back to the resource with the quotes.
  CHECK(w.says("romeo", "<iq type='get' id='1' to='nobody@example.org/it&apos;s'/>").size() == 1);
  for (const auto* bad : {"@example.org", "a b@example.org", "juliet@", "juliet@example.org/", "", "/x"}) {
    CAPTURE(bad);
    const auto answer = w.says("romeo", std::string("<message to='") + bad + "'/>");
    REQUIRE(answer.size() == 1);
    CHECK(contains(answer[0], "jid-malformed"));
  }
}

TEST_CASE("delivery: SECURITY 24: the namespaces of a stanza, and what is no stanza") {
  world w;
  w.online("romeo", "romeo@example.org/orchard");
  w.online("juliet", "juliet@example.org/balcony");
  struct sent {
    const char *name, *declaration;
    bool good;
  };
  const sent rows[] = {
      {"message", "", true},
      {"message", " xmlns='jabber:client'", true},
      {"message", " xmlns='jabber:server'", true},
      {"message", " xmlns='jabber:component:accept'", true},
      {"message", " xmlns=\"jabber&#58;client\"", true},
      {"c:message", " xmlns:c='jabber:client'", true},
      {"message", " xmlns='urn:x'", false},
      {"message", " xmlns=''", false},
      {"c:message", " xmlns:c='urn:x' xmlns='jabber:client'", false},
      {"c:message", "", false},
      {"route", "", false},
      {"message2", "", false},
  };
  for (const auto& r : rows) {
    CAPTURE(r.name);
    CAPTURE(r.declaration);
    const auto log = w.says("romeo", std::string("<") + r.name + r.declaration + " to='juliet@example.org/balcony' id='1'/>");
    REQUIRE(log.size() == 1);
    CHECK(log[0].starts_with("juliet <- ") == r.good);
    CHECK((log[0].starts_with("romeo <- ") && contains(log[0], "bad-request")) == !r.good);
  }
}

TEST_CASE("delivery: what a stanza must have") {
  world w;
  w.online("romeo", "romeo@example.org/orchard");
  w.online("juliet", "juliet@example.org/balcony");
  for (const auto* bad :
       {"<iq to='juliet@example.org/balcony' type='get'/>", "<iq to='juliet@example.org/balcony' type='set'/>",
        "<iq to='juliet@example.org/balcony' id='1'/>", "<iq to='juliet@example.org/balcony' id='1' type='chat'/>",
        "<iq id='1' type='push'/>", "<presence type='away'/>", "<presence to='juliet@example.org' type='chat'/>",
        "<iq to='example.org' type='get' id='1'/>", "<iq type='get' id='1'/>"}) {
    CAPTURE(bad);
    const auto log = w.says("romeo", bad);
    REQUIRE(log.size() == 1);
    CHECK(log[0].starts_with("romeo <- "));
    CHECK(contains(log[0], error("modify", "400", "bad-request")));
  }
  CHECK(w.says("romeo", "").empty());  // an empty route
  CHECK(w.says("romeo", "<message to='juliet@example.org/balcony' type='ch&#97;t'/>").size() == 1);
}

TEST_CASE("delivery: an error repeats nothing of what was sent but id and addresses") {
  world w;
  w.online("romeo", "romeo@example.org/orchard");
  CHECK(w.says("romeo", "<message id=\"'\" to='juliet@example.org' type='chat'><body>hush</body></message>") ==
        lines{"romeo <- <message type='error' id=\"'\" from='juliet@example.org' to='romeo@example.org/orchard'>" +
              error("cancel", "503", "service-unavailable") + "</message>"});
}

#include "world.hpp"

using namespace couplet;
using namespace couplet::session::testing;

TEST_CASE("presence: RFC 6121 section 4.2: the new resource and those that were there learn of each other") {
  world w;
  w.account("alice@example.org");
  w.starts("phone", "alice@example.org/phone");
  w.starts("laptop", "alice@example.org/laptop");
  w.starts("silent", "alice@example.org/silent");
  const std::string here = "<presence from='alice@example.org/phone'><show>away</show><priority> -5\n</priority></presence>";
  CHECK(w.says("phone", here) == lines{"phone <- " + here});
  CHECK(w.says("laptop", "<presence/>") == lines{"laptop <- <presence from='alice@example.org/laptop'/>",
                                                 "phone <- <presence from='alice@example.org/laptop'/>", "laptop <- " + here});
  // A change is told to all, and brings nothing back (4.4).
  const std::string back = "<presence from='alice@example.org/phone'><priority>7</priority></presence>";
  CHECK(w.says("phone", back) == lines{"laptop <- " + back, "phone <- " + back});
}

TEST_CASE("presence: RFC 6121 section 4.5: unavailable is told to those who are available") {
  world w;
  w.online("phone", "alice@example.org/phone");
  w.online("laptop", "alice@example.org/laptop");
  w.starts("silent", "alice@example.org/silent");
  const std::string bye = "<presence from='alice@example.org/phone' type='unavailable'><status>bye</status></presence>";
  CHECK(w.says("phone", bye) == lines{"laptop <- " + bye, "phone <- " + bye});
  CHECK(w.says("phone", bye).empty());  // it was not available
  CHECK(w.says("silent", "<presence type='unavailable'/>").empty());
  CHECK(w.gone("phone").empty());  // and everybody knows
  CHECK(w.gone("laptop").empty());
}

TEST_CASE("presence: it is nobody else's business") {
  world w;
  w.online("bob", "bob@example.org/home");
  w.online("namesake", "alice@example.net/home");
  w.account("alice@example.org");
  w.starts("alice", "alice@example.org/home");
  CHECK(w.says("alice", "<presence/>") == lines{"alice <- <presence from='alice@example.org/home'/>"});
  CHECK(w.gone("alice").empty());
}

TEST_CASE("presence: RFC 6121 section 4.7.2.3: the priority is a number from -128 to 127") {
  world w;
  w.online("romeo", "romeo@example.org/orchard");
  w.account("juliet@example.org");
  w.starts("juliet", "juliet@example.org/balcony");
  struct row {
    const char* text;
    bool good, takes_messages;
  };
  const row rows[] = {{"0", true, true},
                      {"127", true, true},
                      {"-128", true, false},
                      {" 5 ", true, true},
                      {"+1", true, true},
                      {"-1", true, false},
                      {"-0", true, true},
                      {"128", false, false},
                      {"-129", false, false},
                      {"", false, false},
                      {"high", false, false},
                      {"1 2", false, false},
                      {"1.5", false, false},
                      {"99999999999999999999", false, false},
                      {"+-1", false, false},
                      {"&#49;", true, true},
                      {"<![CDATA[3]]>", true, true},
                      {"0x1", false, false}};
  for (const auto& r : rows) {
    CAPTURE(r.text);
    w.says("juliet", "<presence type='unavailable'/>");
    const auto log = w.says("juliet", std::string("<presence id='p'><priority>") + r.text + "</priority></presence>");
    REQUIRE(log.size() == 1);
    CHECK(contains(log[0], "<presence type='error' id='p'") == !r.good);
    CHECK(contains(log[0], "bad-request") == !r.good);
    CHECK(w.says("romeo", "<message to='juliet@example.org'/>").at(0).starts_with("juliet <- ") == r.takes_messages);
  }
  // Only the stanza's own child counts.
  CHECK(w.says("juliet",
               "<presence><x xmlns='urn:x'><priority>high</priority></x><priority xmlns='urn:x'>high</priority></presence>")
            .at(0)
            .starts_with("juliet <- <presence from="));
  CHECK(w.says("juliet", "<c:presence xmlns:c='jabber:client'><c:priority>high</c:priority></c:presence>")
            .at(0)
            .find("bad-request") != std::string::npos);
}

TEST_CASE("presence: a bad change leaves what was said before") {
  world w;
  w.online("phone", "alice@example.org/phone", 3);
  w.says("phone", "<presence><priority>x</priority></presence>");
  w.account("alice@example.org");
  w.starts("laptop", "alice@example.org/laptop");
  CHECK(contains(w.says("laptop", "<presence/>").back(), "<priority>3</priority>"));
}

TEST_CASE("presence: a probe of the own account brings the others' presence") {
  world w;
  w.online("phone", "alice@example.org/phone", 1);
  w.online("laptop", "alice@example.org/laptop", 2);
  w.online("bob", "bob@example.org/home");
  const lines answer = {"laptop <- <presence from='alice@example.org/phone'><priority>1</priority></presence>"};
  CHECK(w.says("laptop", "<presence type='probe' to='alice@example.org'/>") == answer);
  CHECK(w.says("laptop", "<presence type='probe' to='alice@example.org/phone'/>") == answer);
  CHECK(w.says("laptop", "<presence type='probe'/>") == answer);
  CHECK(w.says("bob", "<presence type='probe' to='alice@example.org'/>").empty());
}

TEST_CASE("presence: what is addressed to nobody and makes no sense") {
  world w;
  w.online("alice", "alice@example.org/phone");
  for (const auto* type : {"subscribe", "subscribed", "unsubscribe", "unsubscribed", "invisible"}) {
    CAPTURE(type);
    CHECK(contains(w.says("alice", std::string("<presence type='") + type + "'/>").at(0), "bad-request"));
  }
  CHECK(w.says("alice", "<presence type='error'/>").empty());
}

TEST_CASE("presence: RFC 6121 section 4.6: who was told directly learns of the end, however it comes") {
  for (const auto* end : {"unavailable", "gone", "replaced", "c2s gone"}) {
    CAPTURE(end);
    world w;
    w.online("bob", "bob@example.org/home");
    w.online("carol", "carol@example.org/home");
    w.online("alice", "alice@example.org/phone", 0, true);
    w.says("alice", "<presence to='BOB@example.org/home' type='unavailable'/>");
    CHECK(w.says("alice", "<presence to='BOB@example.org/home'><show>chat</show></presence>") ==
          lines{"bob <- <presence from='alice@example.org/phone' to='BOB@example.org/home'><show>chat</show></presence>"});
    w.says("alice", "<presence to='bob@example.org/home'/>");  // the same again: remembered once
    w.says("alice", "<presence to='carol@example.org/home'/>");
    w.says("alice", "<presence to='carol@example.org/home' type='unavailable'/>");  // taken back
    w.says("alice", "<presence to='nobody@example.org/home'/>");
    w.says("alice", "<presence to='bob@elsewhere.org/home'/>");
    lines log;
    if (end == std::string_view("unavailable")) log = w.says("alice", "<presence type='unavailable'/>");
    if (end == std::string_view("gone")) log = w.gone("alice");
    if (end == std::string_view("replaced")) log = w.starts("alice2", "alice@example.org/phone");
    if (end == std::string_view("c2s gone")) log = w.c2s_gone("c2s.example.org");
    std::erase_if(log, [](const std::string& line) { return line.starts_with("alice"); });
    REQUIRE(log.size() == 1);
    CHECK(log[0].starts_with("bob <- <presence to='bob@example.org/home' from='alice@example.org/phone' type='unavailable'"));
    if (end == std::string_view("unavailable")) CHECK(w.gone("alice").empty());  // told once
  }
}

TEST_CASE("presence: SECURITY 33: so many directed presences and no more") {
  auto s = example();
  s.max_directed_presences = 3;
  world w(s);
  w.online("bob", "bob@example.org/home");
  w.online("alice", "alice@example.org/phone");
  for (int i = 0; i < 3; ++i) CHECK(w.says("alice", "<presence to='bob@example.org/" + std::to_string(i) + "'/>").empty());
  const auto refused = w.says("alice", "<presence id='4' to='bob@example.org/home'/>");
  CHECK(refused == lines{"alice <- <presence type='error' id='4' from='bob@example.org/home' to='alice@example.org/phone'>" +
                         error("wait", "500", "resource-constraint") + "</presence>"});
  CHECK(w.says("alice", "<presence to='bob@example.org/1'/>").empty());  // known
  CHECK(w.says("alice", "<presence to='bob@example.org/1' type='unavailable'/>").empty());
  CHECK(w.says("alice", "<presence to='bob@example.org/home'/>").size() == 1);
}

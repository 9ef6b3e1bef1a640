#include "world.hpp"

// Stanzas to and from domains that are not served here, where somebody takes them: components.

namespace couplet::session {
namespace {

using namespace testing;

settings with_others() {
  auto s = example();
  s.other_domains = true;
  return s;
}

TEST_CASE("other domains: stanzas of every kind go out with the session's address, whatever the client wrote") {
  for (const std::uint32_t partitions : {1U, 4U}) {
    world w(with_others(), partitions);
    w.online("romeo", "romeo@example.org/orchard");
    CHECK(w.says("romeo", "<message to='bot.example.com' from='juliet@example.org/x' id='1'><body>hi</body></message>") ==
          lines{"others <- <message to='bot.example.com' from='romeo@example.org/orchard' id='1'><body>hi</body></message>"});
    CHECK(w.says("romeo", "<iq type='get' id='2' to='u@bot.example.com/r'><query xmlns='urn:x'/></iq>") ==
          lines{"others <- <iq from='romeo@example.org/orchard' type='get' id='2' to='u@bot.example.com/r'><query "
                "xmlns='urn:x'/></iq>"});
    CHECK(w.says("romeo", "<presence type='error' to='bot.example.com'/>") ==
          lines{"others <- <presence from='romeo@example.org/orchard' type='error' to='bot.example.com'/>"});
  }
}

TEST_CASE("other domains: without anybody who takes them, the sender is told, as ever") {
  world w;
  w.online("romeo", "romeo@example.org/orchard");
  const auto told = w.says("romeo", "<message to='bot.example.com' id='1'/>");
  REQUIRE(told.size() == 1);
  CHECK(contains(told[0], "romeo <- <message type='error'"));
  CHECK(contains(told[0], "remote-server-not-found"));
}

TEST_CASE("other domains: who was told directly hears of the end, as a room of a component must") {
  world w(with_others());
  w.online("romeo", "romeo@example.org/orchard");
  CHECK(w.says("romeo", "<presence to='room@muc.example.com/romeo'/>").size() == 1);
  CHECK(w.says("romeo", "<presence to='muc.example.com'/>").size() == 1);
  const auto end = w.gone("romeo");
  REQUIRE(end.size() == 2);
  CHECK(end[0] == "others <- <presence to='room@muc.example.com/romeo' from='romeo@example.org/orchard' type='unavailable'/>");
  CHECK(end[1] == "others <- <presence to='muc.example.com' from='romeo@example.org/orchard' type='unavailable'/>");
}

TEST_CASE("other domains: what comes from there is delivered, and what nobody takes is answered there") {
  for (const std::uint32_t partitions : {1U, 4U}) {
    world w(with_others(), partitions);
    w.online("romeo", "romeo@example.org/orchard");
    const std::string to_all = "<message from='bot.example.com' to='romeo@example.org'><body>hi</body></message>";
    CHECK(w.deliver(to_all) == lines{"romeo <- " + to_all});
    const std::string asks =
        "<iq type='get' id='1' from='bot.example.com' to='romeo@example.org/orchard'><query xmlns='urn:x'/></iq>";
    CHECK(w.deliver(asks) == lines{"romeo <- " + asks});
    const std::string told = "<presence from='room@muc.example.com/x' to='romeo@example.org/orchard'/>";
    CHECK(w.deliver(told) == lines{"romeo <- " + told});
    const auto back = w.deliver("<message from='bot.example.com' to='nobody@example.org' id='2'/>");
    REQUIRE(back.size() == 1);
    CHECK(contains(back[0], "others <- <message type='error' id='2' from='nobody@example.org' to='bot.example.com'>"));
    CHECK(contains(back[0], "service-unavailable"));
    const auto ping =
        w.deliver("<iq type='get' id='3' from='bot.example.com' to='example.org'><ping xmlns='urn:xmpp:ping'/></iq>");
    CHECK(ping == lines{"others <- <iq type='result' id='3' from='example.org' to='bot.example.com'></iq>"});
  }
}

TEST_CASE("other domains: errors and results that nobody takes are answered by nothing") {
  world w(with_others());
  w.account("romeo@example.org");
  CHECK(w.deliver("<message type='error' from='bot.example.com' to='romeo@example.org'/>").empty());
  CHECK(w.deliver("<iq type='result' id='1' from='bot.example.com' to='romeo@example.org/x'/>").empty());
  CHECK(w.deliver("<iq type='error' id='1' from='bot.example.com' to='nobody@example.org'/>").empty());
}

}  // namespace
}  // namespace couplet::session

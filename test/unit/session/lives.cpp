#include "world.hpp"

#include <algorithm>
#include <random>

using namespace couplet;
using namespace couplet::session::testing;

namespace {

const std::string unavailable =
    "<error type='cancel' code='503'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";

std::string chat(std::string_view to, std::string_view type = "chat") {
  std::string xml = "<message from='romeo@example.org/orchard' to='";
  return xml.append(to).append("' type='").append(type).append("' id='m1'><body>hi</body></message>");
}

}  // namespace

TEST_CASE("lives: a session starts; its address has a text only for a c2s that is known by one") {
  world w;
  w.account("alice@example.org");
  CHECK(w.route(route::session_start(route::address(5), route::address("alice@example.org/home"),
                                     "<iq id='a1' type='result'/>")) == lines{"nobody + started<iq id='a1' type='result'/>"});
  CHECK(w.starts("phone", "Alice@Example.org/phone") == lines{"phone + started"});
  CHECK(w.session("phone").handle != 0);
  CHECK(w.session("phone").text.empty());
  CHECK(w.starts("far", "alice@example.org/far", true) == lines{"far + started"});
  CHECK(w.session("far").text == "alice@example.org/" + route::hex16(w.session("far").handle));
  CHECK(w.sessions() == 3);
}

TEST_CASE("lives: a session that is refused: the failure comes from the address that was asked for") {
  world w;
  w.account("alice@example.org");
  for (const auto* to : {"alice@example.org", "bob@example.org/home", "alice@elsewhere.org/home", "example.org/home",
                         "alice@example.net/home", "a b@example.org/home", ""}) {
    CAPTURE(to);
    CHECK(w.starts("c", to) == lines{"c x Session Failed"});
  }
  CHECK(w.route(route::session_start(route::address(5), route::address("bob@example.org/h"), "<x/>")) ==
        lines{"nobody x Session Failed<x/>"});
  CHECK(w.route(route::session_start(route::address(), route::address("alice@example.org/home"))).empty());
  CHECK(w.sessions() == 0);
}

TEST_CASE("lives: no more sessions of an account than the limit; a replaced one makes room") {
  auto s = example();
  s.max_sessions_per_account = 2;
  world w(s);
  w.online("a", "alice@example.org/a");
  w.online("b", "alice@example.org/b");
  CHECK(w.starts("c", "alice@example.org/c") == lines{"c x Too many sessions"});
  CHECK(w.starts("b2", "alice@example.org/b").at(0) == "b2 + started");
  CHECK(w.sessions() == 2);
  w.gone("a");
  CHECK(w.starts("c", "alice@example.org/c") == lines{"c + started"});
}

TEST_CASE("lives: the same resource again: the new one first, then presence, then the old one") {
  world w;
  w.online("laptop", "alice@example.org/laptop");
  w.online("old", "alice@example.org/phone");
  const auto old_session = w.session("old");
  CHECK(w.starts("new", "alice@example.org/phone") ==
        lines{"new + started",
              "laptop <- <presence from='alice@example.org/phone' type='unavailable'><status>Replaced by new "
              "connection</status></presence>",
              "old x Replaced by new connection"});
  CHECK(w.sessions() == 2);
  CHECK(w.session("new").handle != old_session.handle);
  CHECK(w.says("old", "<message to='alice@example.org/laptop'/>") ==
        lines{"old x Invalid Session<message to='alice@example.org/laptop'/>"});
  CHECK(w.gone("old").empty());  // the answer of a c2s that read the failure: harms nobody
  CHECK(w.sessions() == 2);
  CHECK(w.says("laptop", "<message to='alice@example.org/phone'/>").at(0).starts_with("new <- "));
}

TEST_CASE("lives: one connection may replace its own session") {
  world w;
  w.account("alice@example.org");
  w.starts("c", "alice@example.org/phone");
  const auto first = w.session("c");
  const auto log = w.route(route::session_start(w.c2s("c"), route::address("alice@example.org/phone")));
  CHECK(log == lines{"c + started", "c x Replaced by new connection"});
  CHECK(w.session("c").handle != first.handle);
  CHECK(w.sessions() == 1);
}

TEST_CASE("lives: a route for a session comes from the session's own connection, or is refused") {
  world w;
  w.online("alice", "alice@example.org/home", 0, true);
  w.online("bob", "bob@example.org/home");
  const std::string xml = "<message to='bob@example.org/home'/>";
  const auto invalid = "nobody x Invalid Session" + xml;
  const auto from = [&](route::address c2s, route::address session) {
    return w.route(route::stanza(std::move(c2s), std::move(session), xml));
  };
  const auto hex = route::hex16(w.session("alice").handle);

  CHECK(from(w.c2s("alice"), route::address("alice@example.org/" + hex)).at(0).starts_with("bob <- "));
  CHECK(from(w.c2s("alice"), route::address("ALICE@EXAMPLE.ORG/" + hex)).at(0).starts_with("bob <- "));
  CHECK(from(w.c2s("alice"), route::address(w.session("alice").handle)).at(0).starts_with("bob <- "));
  CHECK(from(route::address("mallory@c2s.example.org"), w.session("alice")) == lines{invalid});
  CHECK(from(route::address(77), w.session("alice")) == lines{invalid});
  CHECK(from(route::address(77), w.session("bob")) == lines{invalid});
  CHECK(from(w.c2s("alice"), w.session("bob")) == lines{"alice x Invalid Session" + xml});
  CHECK(from(w.c2s("alice"), route::address("bob@example.org/" + hex)) == lines{"alice x Invalid Session" + xml});
  CHECK(from(w.c2s("alice"), route::address("alice@example.org/home")) == lines{"alice x Invalid Session" + xml});
  CHECK(from(w.c2s("alice"), route::address("alice@example.org")) == lines{"alice x Invalid Session" + xml});
  CHECK(from(w.c2s("alice"), route::address(w.session("alice").handle + 1)) == lines{"alice x Invalid Session" + xml});
  CHECK(from(w.c2s("alice"), route::address()) == lines{"alice x Invalid Session" + xml});
  CHECK(from(route::address(), w.session("alice")).empty());
  // Nor can another end the session.
  CHECK(w.route(route::failure(route::address(77), w.session("bob"))).empty());
  CHECK(w.route(route::failure(route::address("mallory@c2s.example.org"), w.session("alice"))).empty());
  CHECK(w.sessions() == 2);
}

TEST_CASE("lives: what no c2s of ours sends is answered with a failure") {
  world w;
  const auto not_understood = lines{"nobody x Not understood by this session manager"};
  CHECK(w.route(route::session_started(route::address(5), route::address("example.org"))) == not_understood);
}

TEST_CASE("lives: a message that the client was not given goes to one other resource, or back") {
  struct row {
    const char *type, *becomes;
  };
  const row rows[] = {{"chat", "delivered"},     {"normal", "delivered"}, {"sonnet", "delivered"},
                      {"groupchat", "answered"}, {"headline", "nothing"}, {"error", "nothing"}};
  for (const auto& r : rows) {
    for (const bool another : {false, true}) {
      CAPTURE(r.type);
      CAPTURE(another);
      world w;
      w.online("romeo", "romeo@example.org/orchard");
      w.online("phone", "juliet@example.org/phone");
      if (another) w.online("laptop", "juliet@example.org/laptop", 3);
      if (another) w.online("tablet", "juliet@example.org/tablet", 1);
      if (another) w.online("bot", "juliet@example.org/bot", -1);
      auto log = w.gone("phone", chat("juliet@example.org/phone", r.type));
      std::erase_if(log, [](const std::string& line) { return contains(line, "<presence"); });
      const std::string_view becomes = r.becomes;
      if (becomes == "nothing") {
        CHECK(log.empty());
      } else if (becomes == "delivered" && another) {
        CHECK(log == lines{"laptop <- " + chat("juliet@example.org/phone", r.type)});
      } else {
        CHECK(log ==
              lines{"romeo <- <message type='error' id='m1' from='juliet@example.org/phone' to='romeo@example.org/orchard'>" +
                    unavailable + "</message>"});
      }
    }
  }
}

TEST_CASE("lives: a request that the client was not given is answered; presence, results and errors are not") {
  world w;
  w.online("romeo", "romeo@example.org/orchard");
  w.online("laptop", "juliet@example.org/laptop");
  w.online("phone", "juliet@example.org/phone");
  const std::string addresses = " from='romeo@example.org/orchard' to='juliet@example.org/phone' id='i1'";
  CHECK(w.gone("phone", "<iq type='get'" + addresses + "><ping xmlns='urn:xmpp:ping'/></iq>") ==
        lines{"laptop <- <presence from='juliet@example.org/phone' type='unavailable'/>",
              "romeo <- <iq type='error' id='i1' from='juliet@example.org/phone' to='romeo@example.org/orchard'>" + unavailable +
                  "</iq>"});
  CHECK(w.gone("phone", "<iq type='result'" + addresses + "/>").empty());
  CHECK(w.gone("phone", "<iq type='error'" + addresses + "/>").empty());
  CHECK(w.gone("phone", "<presence" + addresses + "/>").empty());
  CHECK(w.gone("phone", "<something" + addresses + "/>").empty());
  CHECK(w.gone("phone", "<iq type='set' id='push'/>").empty());  // from nobody
}

TEST_CASE("lives: what a replaced connection had not been given goes to the one that has its resource now") {
  world w;
  w.online("romeo", "romeo@example.org/orchard");
  w.online("laptop", "juliet@example.org/laptop", 9);
  w.online("old", "juliet@example.org/phone");
  w.starts("new", "juliet@example.org/phone");  // not available yet
  const auto message = chat("juliet@example.org/phone");
  CHECK(w.gone("old", message) == lines{"new <- " + message});
  CHECK(w.gone("new", message) == lines{"laptop <- " + message});
}

TEST_CASE("lives: the first failure ends the session, later ones still bring their stanzas") {
  world w;
  w.online("romeo", "romeo@example.org/orchard");
  w.online("laptop", "juliet@example.org/laptop");
  w.online("phone", "juliet@example.org/phone", 0, true);
  const auto message = chat("juliet@example.org/phone");
  CHECK(w.gone("phone", message) ==
        lines{"laptop <- <presence from='juliet@example.org/phone' type='unavailable'/>", "laptop <- " + message});
  for (int i = 0; i < 20; ++i) CHECK(w.gone("phone", message) == lines{"laptop <- " + message});
  CHECK(w.gone("phone").empty());
  CHECK(w.gone("laptop", message).at(0).starts_with("romeo <- <message type='error'"));
  CHECK(w.gone("phone", message).at(0).starts_with("romeo <- <message type='error'"));
  CHECK(w.sessions() == 1);
}

TEST_CASE("lives: a message to the bare JID is not given twice to a session that had it all the time") {
  world w;
  w.online("romeo", "romeo@example.org/orchard");
  w.online("laptop", "juliet@example.org/laptop");
  w.online("phone", "juliet@example.org/phone");
  const auto message = chat("juliet@example.org");
  CHECK(w.says("romeo", message) == lines{"phone <- " + message, "laptop <- " + message});
  w.says("laptop", "<presence><show>away</show></presence>");  // it has been there all the same
  CHECK(w.gone("phone", message) == lines{"laptop <- <presence from='juliet@example.org/phone' type='unavailable'/>"});
  // The new one can't have had it: better twice than never.
  w.online("tablet", "juliet@example.org/tablet");
  CHECK(w.gone("laptop", message).back() == "tablet <- " + message);
}

TEST_CASE("lives: a stanza that all sessions give back does not multiply, and comes to an end") {
  const std::size_t sessions = 40;
  auto s = example();
  s.max_sessions_per_account = sessions;
  world w(s);
  w.online("romeo", "romeo@example.org/orchard");
  const auto message = chat("juliet@example.org");
  for (std::size_t i = 0; i < sessions; ++i) w.online("j" + std::to_string(i), "juliet@example.org/" + std::to_string(i));
  auto waiting = w.says("romeo", message);
  REQUIRE(waiting.size() == sessions);
  std::size_t deliveries = 0, answers = 0;
  while (!waiting.empty()) {
    lines next;
    for (const auto& line : waiting) {
      if (line.starts_with("romeo <- ")) ++answers;
      if (!line.starts_with("j") || contains(line, "<presence")) continue;
      ++deliveries;
      for (auto& more : w.gone(line.substr(0, line.find(' ')), message)) next.push_back(std::move(more));
    }
    waiting = std::move(next);
  }
  CHECK(deliveries <= 2 * sessions);
  CHECK(answers >= 1);
  CHECK(w.sessions() == 1);
}

TEST_CASE("lives: a c2s that gives messages back in wrong names cannot make them go round") {
  world w;
  w.online("romeo", "romeo@example.org/orchard");
  w.online("phone", "juliet@example.org/phone", 0, true);
  w.online("laptop", "juliet@example.org/laptop", 0, true);
  const auto message = chat("juliet@example.org/phone");
  const auto back = [&](route::address from, route::address to) {
    const auto log = w.route(route::failure(std::move(from), std::move(to), {}, message));
    return log.size() == 1 && log[0].starts_with("romeo <- <message type='error'");
  };
  CHECK(back(route::address("c2s.example.org"), w.session("phone")));      // not the session's own address
  CHECK(back(w.c2s("phone"), route::address("juliet@example.org/what")));  // no session's address at all
  CHECK(back(w.c2s("phone"), route::address("juliet@example.org")));
  CHECK(w.sessions() == 3);
  // A session that is long gone, from the connection of the only one that could have it: it does not get it again.
  w.gone("laptop");
  CHECK(back(w.c2s("phone"), w.session("laptop")));
}

TEST_CASE("lives: a c2s is gone: its sessions end, their contacts are told, nothing is sent to it") {
  world w;
  w.online("romeo", "romeo@example.org/orchard");
  w.online("far1", "juliet@example.org/far1", 0, true);
  w.online("far2", "juliet@example.org/far2", 0, true);
  w.online("near", "juliet@example.org/near");
  w.says("far1", "<presence to='romeo@example.org/orchard'/>");
  CHECK(w.c2s_gone("other.example.org").empty());
  CHECK(w.c2s_gone("example.org").empty());
  CHECK(w.c2s_gone("c2s.example.org") ==
        lines{"near <- <presence from='juliet@example.org/far1' type='unavailable'/>",
              "romeo <- <presence to='romeo@example.org/orchard' from='juliet@example.org/far1' type='unavailable'/>",
              "near <- <presence from='juliet@example.org/far2' type='unavailable'/>"});
  CHECK(w.sessions() == 2);
  CHECK(w.c2s_gone("").empty());
  CHECK(w.sessions() == 2);
}

TEST_CASE("lives: SECURITY 42: 1,000 random starts, replacements and ends: one live session per full JID at every point") {
  std::mt19937 random(42);  // NOLINT: the same order in every run
  world w;
  w.online("probe", "probe@example.org/p");
  w.account("alice@example.org");
  const std::vector<std::string> resources = {"a", "b", "c"};
  std::vector<std::vector<std::string>> started(resources.size());  // all who ever had the resource, in order
  std::vector<std::string> owner(resources.size());                 // who has it now
  for (int step = 0; step < 1'000; ++step) {
    const auto which = random() % resources.size();
    const auto full = "alice@example.org/" + resources[which];
    if (random() % 2 == 0 || started[which].empty()) {
      const auto name = "c" + std::to_string(step);
      const auto log = w.starts(name, full, random() % 2 == 0);
      REQUIRE(log.at(0) == name + " + started");
      const auto ended = std::count(log.begin(), log.end(), owner[which] + " x Replaced by new connection");
      REQUIRE(ended == (owner[which].empty() ? 0 : 1));
      started[which].push_back(name);
      owner[which] = name;
      if (random() % 2 == 0) w.says(name, "<presence/>");
    } else {
      // Any client that ever was there says that it is gone, once or many times, with or without a stanza.
      const auto& name = started[which][random() % started[which].size()];
      w.gone(name, random() % 2 == 0 ? "" : "<message from='probe@example.org/p' to='" + full + "'/>");
      if (owner[which] == name) owner[which].clear();
    }
    std::size_t live = 1;
    for (std::size_t i = 0; i < resources.size(); ++i) {
      const std::string iq = "<iq type='get' id='1' from='probe@example.org/p' to='alice@example.org/" + resources[i] + "'/>";
      const auto log = w.says("probe", iq);
      REQUIRE(log.size() == 1);
      REQUIRE(log[0].starts_with(owner[i].empty() ? "probe <- <iq type='error'" : owner[i] + " <- <iq type='get'"));
      live += owner[i].empty() ? 0 : 1;
    }
    REQUIRE(w.sessions() == live);
  }
}

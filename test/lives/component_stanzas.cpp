#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "component_house.hpp"

// What the texts of test/transcript/components cannot say: components that are slow, share a name, come from elsewhere.

namespace couplet::lives {

using base::close_reason;
using texts = std::vector<std::string>;

namespace {

constexpr std::string_view bot = "bot.example.org";
constexpr std::string_view other = "other.example.org";

std::string stanza(int n, std::string_view to = bot, std::size_t filled = 1000) {
  return "<message from='alice@example.org/r' to='" + std::string(to) + "' id='" + std::to_string(n) + "'><body>" +
         std::string(filled, 'x') + "</body></message>";
}

component::options with(component::conflict_policy policy) {
  auto o = component_options();
  o.conflict = policy;
  return o;
}

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

}  // namespace

TEST_CASE("SECURITY 40, components: one that does not read is ended alone; nobody else waits, and every stanza is there again") {
  auto o = component_options();
  o.outbox_bytes = 100'000;
  component_house house(std::move(o));
  auto slow = house.connect_as(bot, "secret");
  auto quick = house.connect_as(other, "secret");
  int sent = 0;
  while (house.take_stanzas().empty() && sent < 2000) house.send_stanza(stanza(sent++));
  REQUIRE(sent < 2000);
  // The last was answered; accounts and other components never felt it.
  CHECK_FALSE(house.exchange->on(0).manager_congested());
  CHECK(house.exchange->on(0).manager_may_go_on());
  house.send_stanza(stanza(0, other));
  CHECK(count(quick->take(), "<message ") == 1);
  quick->send("<message to='alice@example.org' id='q'/>");
  CHECK(house.take_stanzas().size() == 1);
  // A sender hears that there is no room, and may try again.
  house.send_stanza(stanza(sent));
  const auto told = house.take_stanzas();
  REQUIRE(told.size() == 1);
  CHECK(told[0].find("<resource-constraint ") != std::string::npos);
  CHECK(told[0].find("type='wait'") != std::string::npos);
  let_deadlines_pass(house.shard);
  CHECK(house.ends_of(close_reason::slow_consumer) == 1);
  const auto taken = slow->take();
  slow->hang_up();
  auto back = house.connect_as(bot, "secret");
  auto rest = back->take();
  for (int n = 0; n < 100 && count(taken, "</message>") + count(rest, "</message>") < static_cast<std::size_t>(sent) - 1; ++n) {
    settle(house.shard);
    rest += back->take();
  }
  for (int n = 0; n < sent - 1; ++n) {
    const auto id = "id='" + std::to_string(n) + "'";
    INFO(id);
    CHECK(count(taken, id) + count(rest, id) >= 1);
  }
}

TEST_CASE("components: one that is slow may not send meanwhile, and goes on when it has caught up") {
  auto o = component_options();
  o.outbox_bytes = 400'000;
  component_house house(std::move(o));
  auto c = house.connect_as(bot, "secret");
  int sent = 0;
  for (int n = 0; n < 1000; ++n) {
    c->put("<message to='alice@example.org'/>");
    settle(house.shard);
    if (house.take_stanzas().empty()) break;
    house.send_stanza(stanza(sent++));
  }
  REQUIRE(sent < 1000);
  CHECK(house.ends_of(close_reason::slow_consumer) == 0);
  std::string taken;
  for (int n = 0; n < 100; ++n) {
    taken += c->take();
    settle(house.shard);
  }
  CHECK(count(taken, "</message>") == static_cast<std::size_t>(sent));
  CHECK(house.take_stanzas() == texts{"alice@example.org <message from='bot.example.org' to='alice@example.org'/>"});
  let_deadlines_pass(house.shard);
  CHECK(house.ends_of(close_reason::slow_consumer) == 0);
}

TEST_CASE("components: what a lost connection had not taken is the first that the next one gets, before what came since") {
  component_house house(component_options());
  auto first = house.connect_as(bot, "secret");
  for (int n = 0; n < 600; ++n) house.send_stanza(stanza(n));
  const auto taken = first->take();
  const auto done = count(taken, "</message>");
  for (int n = 600; n < 1200; ++n) house.send_stanza(stanza(n));
  first->hang_up();
  settle(house.shard);
  house.send_stanza(stanza(9999));
  auto second = house.connect_as(bot, "secret");
  std::string rest = second->take();
  for (int n = 0; n < 200; ++n) {
    settle(house.shard);
    rest += second->take();
  }
  std::vector<std::size_t> places;
  for (auto at = rest.find(" id='"); at != std::string::npos; at = rest.find(" id='", at + 1))
    places.push_back(std::stoul(rest.substr(at + 5)));
  // What the kernel had taken when the connection broke cannot be known. From there on nothing is missing, and nothing is out of its order.
  REQUIRE(places.size() > 2);
  CHECK(places.back() == 9999);
  places.pop_back();
  CHECK(places.back() == 1199);
  for (std::size_t i = 1; i < places.size(); ++i) CHECK(places[i] == places[i - 1] + 1);
  CHECK(places.front() >= done);
}

TEST_CASE("components: who shares a name gets whole conversations, and those of one that leaves go on at the other") {
  component_house house(with(component::conflict_policy::share));
  std::vector<std::unique_ptr<peer_end>> ends;
  for (int n = 0; n < 3; ++n) ends.push_back(house.connect_as(bot, "secret"));
  const auto who_gets = [&](int sender) {
    house.send_stanza("<message from='u" + std::to_string(sender) + "@example.org/r" + std::to_string(sender % 7) +
                      "' to='n@bot.example.org'/>");
    int who = -1;
    for (int n = 0; n < 3; ++n) {
      if (ends[static_cast<std::size_t>(n)] && !ends[static_cast<std::size_t>(n)]->take().empty()) who = n;
    }
    return who;
  };
  std::map<int, int> shares;
  std::vector<int> before;
  for (int sender = 0; sender < 300; ++sender) {
    before.push_back(who_gets(sender));
    ++shares[before.back()];
  }
  for (int n = 0; n < 3; ++n) CHECK(shares[n] > 50);
  for (int sender = 0; sender < 300; ++sender) CHECK(who_gets(sender) == before[static_cast<std::size_t>(sender)]);
  ends[1].reset();
  settle(house.shard);
  for (int sender = 0; sender < 300; ++sender) {
    const auto now = who_gets(sender);
    if (before[static_cast<std::size_t>(sender)] != 1) CHECK(now == before[static_cast<std::size_t>(sender)]);
    CHECK((now == 0 || now == 2));
  }
  CHECK(house.ends_of(close_reason::replaced) == 0);
}

TEST_CASE("SECURITY 42, components: 1,000 connects and ends in any order leave no zombie, and the survivor its route") {
  for (const auto policy :
       {component::conflict_policy::replace, component::conflict_policy::refuse, component::conflict_policy::share}) {
    auto o = with(policy);
    o.grace = std::chrono::seconds(0);
    component_house house(std::move(o));
    std::vector<std::unique_ptr<peer_end>> alive;
    unsigned random = 4711;
    for (int n = 0; n < 1000; ++n) {
      random = random * 1664525U + 1013904223U;
      if ((random >> 16U) % 3 != 0 || alive.empty()) {
        auto c = house.connect();
        c->send(component_header("to='bot.example.org'"));
        c->send(handshake_for(c->take(), "secret"));
        const auto answer = c->take();
        if (answer == "<handshake/>") alive.push_back(std::move(c));
      } else {
        alive.erase(alive.begin() + static_cast<std::ptrdiff_t>((random >> 8U) % alive.size()));
        settle(house.shard);
      }
      std::erase_if(alive, [](const auto& c) {
        c->take();
        return c->ended;
      });
      settle(house.shard);
      house.send_stanza("<message from='alice@example.org/r' to='bot.example.org'/>");
      std::size_t got = 0;
      for (auto& c : alive) got += count(c->take(), "<message ");
      const auto errors = house.take_stanzas().size();
      REQUIRE(got == (alive.empty() ? 0U : 1U));
      REQUIRE(errors == (alive.empty() ? 1U : 0U));
      if (policy != component::conflict_policy::share) REQUIRE(alive.size() <= 1);
    }
    alive.clear();
    settle(house.shard);
    house.check_clean();
  }
}

TEST_CASE("SECURITY 30, components: an endless or too deep stanza is cut off at the limit, and nothing of it goes on") {
  const std::string rows[] = {std::string(600'000, 'x'), [] {
                                std::string deep;
                                for (int n = 0; n < 70; ++n) deep += "<a>";
                                return deep;
                              }()};
  for (const auto& inside : rows) {
    component_house house(component_options());
    auto c = house.connect_as(bot, "secret");
    auto second = house.connect_as(other, "secret");
    c->send("<message to='other.example.org'><body>" + inside);
    CHECK(c->take().find("<policy-violation ") != std::string::npos);
    CHECK(c->ended);
    CHECK(second->take().empty());
    CHECK(house.take_stanzas().empty());
  }
}

TEST_CASE(
    "SECURITY 24, 25, components: nothing goes on under the name of somebody else, whatever it is called and however it is "
    "written") {
  const std::string names[] = {"other.example.org",
                               "alice@example.org/r",
                               "example.org",
                               "x.bot.example.org",
                               "bot.example.org.evil",
                               "bot.example.org@other",
                               "other.example.org/bot.example.org",
                               "&#111;ther.example.org",
                               "c2s.example.org",
                               ""};
  for (const auto& name : names) {
    for (const std::string element : {"message", "iq", "presence", "route", "session"}) {
      CAPTURE(name);
      CAPTURE(element);
      component_house house(component_options());
      auto c = house.connect_as(bot, "secret");
      auto second = house.connect_as(other, "secret");
      c->send('<' + element + " from='" + name + "' to='other.example.org'/><message to='other.example.org'/>");
      CHECK(c->take().find("<invalid-from ") != std::string::npos);
      CHECK(c->ended);
      CHECK(second->take().empty());
      CHECK(house.take_stanzas().empty());
      CHECK(house.take_routes().empty());
    }
  }
  // What is its own in other letters is its own; and what it calls a route is for a component, and never one for the manager.
  component_house house(component_options());
  auto c = house.connect_as(bot, "secret");
  auto second = house.connect_as(other, "secret");
  c->send("<route xmlns='jabber:component:accept' from='1@BOT.example.org/x' to='other.example.org' type='auth'/>");
  CHECK(second->take() == "<route from='1@BOT.example.org/x' to='other.example.org' type='auth'/>");
  c->send("<route from='1@bot.example.org' to='alice@example.org/r' type='session'/>");
  CHECK(house.take_routes().empty());
  CHECK(house.take_stanzas().size() == 1);
}

TEST_CASE("components: an address that only looks like one is answered, not lost") {
  component_house house(component_options());
  for (const char* to : {"a..b", "-x.example.net", "x.-.example.net"}) {
    house.send_stanza("<message from='alice@example.org/r' to='" + std::string(to) + "' id='1'/>");
    const auto told = house.take_stanzas();
    REQUIRE_MESSAGE(told.size() == 1, to);
    CHECK(told[0].find("type='error'") != std::string::npos);
  }
}

TEST_CASE("components: a secret for each, changed by the operator from the next handshake on") {
  component_house house(component_options());
  auto c = house.connect_as(bot, "secret");
  house.router->set_secrets({}, {{"bot.example.org", "changed"}});
  CHECK_THROWS(house.connect_as(bot, "secret"));
  CHECK_THROWS(house.connect_as(other, "secret"));
  c->send("<message to='alice@example.org'/>");
  CHECK(house.take_stanzas().size() == 1);
  CHECK_NOTHROW(house.connect_as(bot, "changed"));
}

TEST_CASE("SECURITY 25: the default component speaks for nobody who is connected, whatever the configuration says by now") {
  auto o = component_options();
  o.default_component = bot;
  component_house house(std::move(o));
  auto c = house.connect_as(bot, "secret");
  auto still_there = house.connect_as(other, "secret");
  house.router->set_secrets({}, {{std::string(bot), "secret"}});
  c->send("<message from='n@" + std::string(other) + "' to='alice@example.org'/>");
  CHECK(house.take_stanzas().empty());
  CHECK(c->take().find("<invalid-from ") != std::string::npos);
}

TEST_CASE("components: the table says who serves what, how much went through, and who is missing; no secret") {
  component_house house(component_options());
  auto c = house.connect_as(bot, "secret");
  c->send("<message to='alice@example.org'/>");
  house.send_stanza(stanza(1, "x.bots.example.org", 10));
  const caught_log log(base::log::level::info);
  house.router->say_table();
  CHECK(log.has("served domain name=\"bot.example.org\" kind=\"component\" address=\"127.0.0.1\" state=\"connected\""));
  CHECK(log.has("stanzas_in=\"1\""));
  CHECK(log.has("name=\"other.example.org\" kind=\"component\" state=\"not connected\" waiting_bytes=\"0\""));
  CHECK(log.has("name=\"x.bots.example.org\" kind=\"component\" state=\"not connected\""));
  CHECK(log.has("name=\"c2s.example.org\" kind=\"c2s\" state=\"not connected\" waiting_bytes=\"0\""));
  CHECK_FALSE(log.has("secret"));
}

TEST_CASE("c2s: the table says how much waits for one that is away") {
  component_house house(component_options());
  auto c = house.connect_as();
  c->send("<enable xmlns='urn:xmpp:sm:3' resume='true'/>");
  c->hang_up();
  house.send_route("1", "<message to='alice@example.org'/>");
  const caught_log log(base::log::level::info);
  house.router->say_table();
  CHECK(log.has("name=\"c2s.example.org\" kind=\"c2s\" state=\"away\" waiting_bytes=\""));
  CHECK_FALSE(log.has("state=\"away\" waiting_bytes=\"0\""));
  CHECK_FALSE(log.has("kind=\"c2s\" state=\"not connected\""));
}

TEST_CASE("components: who waits when the server stops is answered while he is still there") {
  component_house house(component_options());
  house.send_stanza(stanza(1));
  CHECK(house.take_stanzas().empty());
  house.router->stop_reading();
  auto told = house.take_stanzas();
  REQUIRE(told.size() == 1);
  CHECK(told[0].find("<remote-server-timeout ") != std::string::npos);
  house.send_stanza(stanza(2));
  CHECK(house.take_stanzas().size() == 1);
}

TEST_CASE("components: while accounts are congested a component is not read, and nothing is lost") {
  component_house house(component_options());
  auto c = house.connect_as(bot, "secret");
  house.exchange->add_congested_manager();
  for (int n = 0; n < 3; ++n) c->send("<message to='alice@example.org' id='" + std::to_string(n) + "'/>");
  CHECK(house.take_stanzas().size() == 1);
  house.exchange->remove_congested_manager();
  settle(house.shard);
  CHECK(house.take_stanzas().size() == 2);
}

TEST_CASE("components: who is connected is told, once for each name, and not of those that a wildcard lets in") {
  for (const auto policy : {component::conflict_policy::replace, component::conflict_policy::share}) {
    CAPTURE(policy == component::conflict_policy::share);
    auto o = with(policy);
    texts there;
    o.on_served = [&there](std::string_view name, bool is_there) {
      if (is_there && std::find(there.begin(), there.end(), name) == there.end()) there.emplace_back(name);
      if (!is_there) std::erase(there, std::string(name));
    };
    component_house house(std::move(o));
    auto one = house.connect_as(bot, "secret");
    CHECK(there == texts{std::string(bot)});
    auto wild = house.connect_as("x.bots.example.org", "secret");
    auto second = house.connect_as(bot, "secret");
    CHECK(there == texts{std::string(bot)});
    one->hang_up();
    settle(house.shard);
    CHECK(there == texts{std::string(bot)});
    second->hang_up();
    settle(house.shard);
    CHECK(there.empty());
  }
}

}  // namespace couplet::lives

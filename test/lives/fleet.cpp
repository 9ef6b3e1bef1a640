#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "link/fleet.hpp"
#include "link_house.hpp"

// Links to several session managers, played by the test: who gets which client, and what becomes of those of one that leaves. No network.

namespace couplet::lives {
namespace {

using texts = std::vector<std::string>;
using links::address_of;
using links::run;

constexpr std::size_t users = 12;

constexpr std::uint64_t client(std::size_t user) {
  return route::client_id{0, static_cast<std::uint32_t>(user), 7}.packed();
}
std::string bare(std::size_t user) {
  return "user" + std::to_string(user) + "@example.org";
}
std::string session_at(std::size_t manager, std::size_t user) {
  return bare(user) + "/at" + std::to_string(manager);
}
std::string question(std::size_t user) {
  return "<route from='" + address_of(client(user)) + "' to='" + bare(user) + "/r' type='session'/>";
}

/// Stands for the table of clients, and asks for their sessions when it is told to.
class told_clients final : public hub::clients {
 public:
  explicit told_clients(std::unique_ptr<hub::exchange>& whole) : whole_(whole) {}
  bool on_route(route::message& m) override {
    const auto user = std::to_string(route::client_id::unpack(route::to_of(m).handle).slot);
    if (const auto* s = std::get_if<route::stanza>(&m)) {
      heard.push_back(user + " " + s->xml);
    } else if (const auto* h = std::get_if<route::held>(&m)) {
      heard.push_back(user + " held " + h->xml);
    } else if (const auto* f = std::get_if<route::failure>(&m)) {
      heard.push_back(user + " failure " + f->text);
    } else {
      heard.push_back(user + " " + route::name_of(m));
    }
    return true;
  }
  void on_relief() override {}
  void on_manager_state(bool up) override { heard.emplace_back(up ? "up" : "down"); }
  void on_manager_state_of(const hub::client_ids& who, bool up) override { note(up ? "up" : "down", who); }
  void on_manager_away_of(const hub::client_ids& who) override {
    note("away", who);
    if (when_away) std::exchange(when_away, nullptr)();
  }
  bool on_manager_anew_of(const hub::client_ids& who) override {
    note("anew", who);
    for (const auto id : who) {
      const auto user = route::client_id::unpack(id).slot;
      whole_->on(0).to_manager(route::session_start(route::address(id), route::address(bare(user) + "/r")));
    }
    return true;
  }
  texts heard;
  std::function<void()> when_away;

 private:
  void note(const char* what, const hub::client_ids& who) {
    if (who.empty()) return;
    std::string line = what;
    for (const auto id : who) line += " " + std::to_string(route::client_id::unpack(id).slot);
    heard.push_back(std::move(line));
  }
  std::unique_ptr<hub::exchange>& whole_;
};

/// A fleet with two managers.
class fleet_house {
 public:
  explicit fleet_house(link::policy how = link::policy::spread) : clients_(exchange) {
    base::log::set_level(base::log::level::off);
    hub::exchange::options o;
    o.placement = [](const route::message&, std::uint32_t) { return 0U; };
    exchange = std::make_unique<hub::exchange>(std::vector<net::shard*>{&shard}, std::move(o));
    exchange->on(0).attach(&clients_);
    exchange->start_with_manager(false);
    link::options l;
    l.where = {{"one.example.org", 5347}, {"two.example.org", 5347}};
    l.name = "c2s.example.org";
    l.secret = "open sesame";
    l.grace = std::chrono::seconds(60);
    l.keepalive = std::chrono::seconds(0);
    fleet = std::make_unique<link::fleet>(l, how, *exchange, exchange->on(0), run);
  }
  ~fleet_house() {
    fleet->stop();
    for (auto& p : peers) {
      if (p) p->hang_up();
    }
    let_deadlines_pass(shard);
  }

  void connect(std::size_t manager) {
    const socket_pair pair;
    shard.spawn("link", fleet->live_on(manager, pair.life));
    auto& p = peers.at(manager);
    p = std::make_unique<peer_end>(shard, pair.test);
    settle(shard);
    p->send(
        "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' "
        "from='c2s.example.org' id='5ca1ab1e'>");
    REQUIRE(p->take().find("<handshake>") != std::string::npos);
    p->send("<handshake/>");
  }
  void lose(std::size_t manager) {
    peers.at(manager)->hang_up();
    settle(shard);
  }
  void send(route::message m) {
    exchange->on(0).to_manager(std::move(m));
    settle(shard);
  }
  void ask_for(std::size_t user) { send(route::session_start(route::address(client(user)), route::address(bare(user) + "/r"))); }
  /// Everybody who has asked there gets a session; answers who.
  std::vector<std::size_t> give_sessions(std::size_t manager) {
    const auto said = peers.at(manager)->take();
    std::vector<std::size_t> given;
    for (std::size_t user = 0; user < users; ++user) {
      if (said.find(question(user)) == std::string::npos) continue;
      given.push_back(user);
      peers.at(manager)->send("<route from='" + session_at(manager, user) + "' to='" + address_of(client(user)) +
                              "' type='session'/>");
    }
    return given;
  }
  /// Who is where, when all have asked.
  std::array<std::vector<std::size_t>, 2> log_in() {
    for (std::size_t user = 0; user < users; ++user) ask_for(user);
    std::array<std::vector<std::size_t>, 2> where{give_sessions(0), give_sessions(1)};
    REQUIRE(where[0].size() + where[1].size() == users);
    REQUIRE_FALSE(where[0].empty());
    REQUIRE_FALSE(where[1].empty());
    clients_.heard.clear();
    return where;
  }
  void says(std::size_t manager, std::size_t user, std::string xml) {
    send(route::stanza(route::address(client(user)), route::address(session_at(manager, user)), std::move(xml)));
  }
  static std::string as_sent(std::size_t manager, std::size_t user, const std::string& xml) {
    return "<route from='" + address_of(client(user)) + "' to='" + session_at(manager, user) + "'>" + xml + "</route>";
  }
  /// Is done the next time that clients hear that their manager is away.
  void say_when_away(std::function<void()> what) { clients_.when_away = std::move(what); }
  texts take_heard() { return std::exchange(clients_.heard, {}); }

  net::shard shard{0};
  std::unique_ptr<hub::exchange> exchange;
  std::unique_ptr<link::fleet> fleet;
  std::array<std::unique_ptr<peer_end>, 2> peers;

 private:
  told_clients clients_;
};

std::string with(const char* what, const std::vector<std::size_t>& who) {
  std::string line = what;
  for (const auto user : who) line += " " + std::to_string(user);
  return line;
}

}  // namespace

TEST_CASE("fleet: each user has one manager, all that he says goes there, and nobody is admitted while there is none") {
  fleet_house house;
  CHECK_FALSE(house.exchange->on(0).manager_up());
  house.ask_for(0);
  CHECK(house.take_heard() == texts{"0 failure The session manager is not connected"});
  house.connect(0);
  CHECK(house.exchange->on(0).manager_up());
  CHECK(house.take_heard() == texts{"anew 0"});  // who was refused asks again, by himself
  CHECK(house.give_sessions(0) == std::vector<std::size_t>{0});
  house.send(route::failure(route::address(client(0)), route::address(session_at(0, 0))));
  CHECK_FALSE(house.peers[0]->take().empty());
  house.connect(1);
  const auto where = house.log_in();
  for (std::size_t manager = 0; manager < 2; ++manager) {
    for (const auto user : where[manager]) {
      house.says(manager, user, "<presence/>");
      CHECK(house.peers[manager]->take() == fleet_house::as_sent(manager, user, "<presence/>"));
    }
    CHECK(house.peers[1 - manager]->take().empty());
  }
}

TEST_CASE(
    "fleet: when one is lost its users go to the other with what they had said, the others notice nothing, and none returns") {
  fleet_house house;
  house.connect(0);
  house.connect(1);
  const auto where = house.log_in();
  const auto moves = where[0].front();
  const auto stays = where[1].front();
  house.peers[0]->let_go();
  house.exchange->on(0).to_manager(
      route::stanza(route::address(client(moves)), route::address(session_at(0, moves)), "<message id='1'/>"));
  settle(house.shard);
  const auto heard = house.take_heard();
  // Away, given up since the other works, and what nobody has handled comes back to whoever said it.
  REQUIRE(heard.size() == 3);
  CHECK(heard[0] == with("away", where[0]));
  CHECK(std::count(heard.begin(), heard.end(), with("anew", where[0])) == 1);
  CHECK(std::count(heard.begin(), heard.end(), std::to_string(moves) + " held <message id='1'/>") == 1);
  CHECK(house.exchange->on(0).manager_up());
  CHECK(house.give_sessions(1) == where[0]);

  house.says(1, moves, "<message id='1'/>");
  house.says(1, stays, "<message id='2'/>");
  CHECK(house.peers[1]->take() ==
        fleet_house::as_sent(1, moves, "<message id='1'/>") + fleet_house::as_sent(1, stays, "<message id='2'/>"));
  house.take_heard();

  // It is back: whoever has a session keeps it, further ones of his too; when the last is over he goes home.
  house.connect(0);
  CHECK(house.take_heard().empty());
  house.says(1, moves, "<message id='3'/>");
  CHECK(house.peers[1]->take() == fleet_house::as_sent(1, moves, "<message id='3'/>"));
  CHECK(house.peers[0]->take().empty());
  house.send(route::failure(route::address(client(moves)), route::address(session_at(1, moves))));
  CHECK(house.peers[1]->take().find("type='error'") != std::string::npos);
  house.ask_for(moves);
  CHECK(house.give_sessions(0) == std::vector<std::size_t>{moves});
}

TEST_CASE("fleet: when both are lost everybody waits, and the first that comes has them all") {
  fleet_house house;
  house.connect(0);
  house.connect(1);
  const auto where = house.log_in();
  house.lose(0);
  CHECK(house.give_sessions(1) == where[0]);
  house.take_heard();
  house.lose(1);
  std::vector<std::size_t> all(users);
  for (std::size_t user = 0; user < users; ++user) all[user] = user;
  CHECK(house.take_heard() == texts{with("away", all)});
  CHECK_FALSE(house.exchange->on(0).manager_up());
  house.says(1, 3, "<message id='late'/>");
  house.connect(0);
  CHECK(house.exchange->on(0).manager_up());
  // The other one may come back, and is waited for as long as nobody else is there. Its link has not tried again yet.
  house.connect(1);
  auto heard = house.take_heard();
  CHECK(std::count(heard.begin(), heard.end(), "3 held <message id='late'/>") == 1);
  CHECK(std::count(heard.begin(), heard.end(), with("anew", all)) == 1);
  const auto at_one = house.give_sessions(0);
  const auto at_two = house.give_sessions(1);
  CHECK(at_one == where[0]);
  CHECK(at_two == where[1]);
}

TEST_CASE("fleet: who is refused since the manager of the same user is away asks again when that one is left") {
  fleet_house house;
  house.connect(0);
  house.connect(1);
  const auto where = house.log_in();
  const auto user = where[0].front();
  const auto another = route::client_id{0, users, 7}.packed();
  bool asked = false;
  house.say_when_away([&] {
    asked = true;
    house.exchange->on(0).to_manager(route::session_start(route::address(another), route::address(bare(user) + "/other")));
  });
  house.lose(0);
  REQUIRE(asked);
  const auto heard = house.take_heard();
  const auto number = std::to_string(users);
  CHECK(std::count(heard.begin(), heard.end(), number + " failure The session manager is not connected") == 1);
  CHECK(std::count_if(heard.begin(), heard.end(),
                      [&](const auto& line) { return line.starts_with("anew") && line.ends_with(" " + number); }) == 1);
}

TEST_CASE("fleet: and when that one is waited for no longer") {
  fleet_house house;
  house.connect(0);
  house.ask_for(0);
  REQUIRE(house.give_sessions(0).size() == 1);
  house.lose(0);  // nobody else is there: it is waited for
  house.connect(1);
  const auto another = route::client_id{0, users, 7}.packed();
  house.take_heard();
  house.send(route::session_start(route::address(another), route::address(bare(0) + "/other")));
  const auto number = std::to_string(users);
  CHECK(house.take_heard() == texts{number + " failure The session manager is not connected"});
  let_deadlines_pass(house.shard);
  const auto heard = house.take_heard();
  CHECK(std::count(heard.begin(), heard.end(), "down 0") == 1);
  CHECK(std::count(heard.begin(), heard.end(), "anew " + number) == 1);
}

TEST_CASE("fleet: failover is one link, which has everybody") {
  fleet_house house(link::policy::failover);
  house.connect(0);
  CHECK(house.take_heard() == texts{"up"});
  for (std::size_t user = 0; user < users; ++user) house.ask_for(user);
  CHECK(house.give_sessions(0).size() == users);
}

}  // namespace couplet::lives

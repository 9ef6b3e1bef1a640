#include <doctest/doctest.h>

#include <deque>
#include <string>

#include "returning_house.hpp"

// Several session managers: what becomes of the clients of one of them, and that the others notice nothing.

namespace couplet::lives {
namespace {

struct divided_house : returning_house {
  explicit divided_house(std::size_t count) {
    for (std::size_t n = 0; n < count; ++n) clients.emplace_back(*this).log_in();
    routes.clear();
  }
  hub::client_ids ids(std::size_t begin, std::size_t end) const {
    hub::client_ids some;
    for (auto n = begin; n < end; ++n) some.push_back(clients[n].id);
    return some;
  }
  void away(hub::client_ids who) {
    exchange->set_manager_away_of(std::move(who));
    settle();
  }
  void anew(hub::client_ids who) {
    exchange->set_manager_anew_of(std::move(who));
    settle();
  }
  /// Each of those sends one; answers how many came.
  std::size_t heard(std::size_t begin, std::size_t end) {
    for (auto n = begin; n < end; ++n) clients[n].send(message(std::to_string(n)));
    return came(begin, end);
  }
  std::size_t came(std::size_t begin, std::size_t end) {
    give_sessions();
    std::size_t all = 0;
    for (auto n = begin; n < end; ++n) all += stanzas_from(clients[n].id);
    return all;
  }
  std::deque<client_end> clients;
};

/// A login that the manager has found good; the question for the session is open.
void log_in_half(divided_house& house, client_end& c) {
  c.send(client_end::header);
  c.send(client_end::login);
  const auto asked = std::get<route::auth>(house.routes.back());
  house.routes.pop_back();
  const auto at = asked.iq.find("id='") + 4;
  const auto iq_id = asked.iq.substr(at, asked.iq.find('\'', at) - at);
  c.manager_says(route::auth(asked.to, asked.from, "<iq type='result' id='" + iq_id + "'/>"));
  c.take();
}

}  // namespace

TEST_CASE("several managers: the clients of one that is away are not read, and all others are") {
  divided_house house(6);
  house.away(house.ids(0, 2));
  CHECK(house.heard(0, 6) == 4);
  CHECK(house.came(0, 2) == 0);
  CHECK(house.exchange->on(0).manager_up());
  house.exchange->set_manager_state_of(house.ids(0, 2), true);
  house.settle();
  CHECK(house.came(0, 2) == 2);
  CHECK(house.came(0, 6) == 6);
}

TEST_CASE("several managers: a question that the link has turned down is put again when its manager is back") {
  divided_house house(3);
  house.away(house.ids(0, 2));
  house.anew(house.ids(0, 2));
  const auto asked = std::exchange(house.routes, {});
  REQUIRE(asked.size() == 2);
  house.away(house.ids(0, 2));
  house.exchange->on(0).to_client(
      route::failure(route::to_of(asked[0]), route::from_of(asked[0]), std::string(route::failure_text::link_down)));
  house.settle();
  CHECK(house.heard(0, 3) == 1);
  house.exchange->set_manager_state_of(house.ids(0, 2), true);
  house.settle();
  REQUIRE(house.routes.size() == 1);
  CHECK(route::from_of(house.routes[0]).handle == route::from_of(asked[0]).handle);
  house.manager_sends(route::session_started(route::address(std::string("u@example.org/2f")), route::from_of(asked[1])));
  house.give_sessions();
  CHECK(house.came(0, 3) == 3);
}

TEST_CASE("several managers: those of one that was left ask for their sessions, a few at a time, and nobody else does") {
  constexpr std::size_t gone = 150;
  constexpr std::size_t all = 200;
  divided_house house(all);
  house.away(house.ids(0, gone));
  for (std::size_t n = 0; n < gone; ++n) house.clients[n].send(message("of before"));
  CHECK(house.routes.empty());
  house.anew(house.ids(0, gone));
  CHECK(house.routes.size() == house.asked_at_once);
  CHECK(house.heard(gone, all) == all - gone);  // also while they ask
  std::size_t given = house.asked_at_once;      // that was done in between
  for (std::size_t more = 1; more != 0;) given += more = house.give_sessions();
  CHECK(given == gone);
  for (std::size_t n = 0; n < gone; ++n) CHECK(house.stanzas_from(house.clients[n].id) == 1);
}

TEST_CASE("several managers: who is told twice to ask asks once; who was refused asks again") {
  constexpr std::size_t all = 100;
  divided_house house(all);
  house.away(house.ids(0, all));
  house.anew(house.ids(0, all));
  house.anew(house.ids(0, all / 2));  // whose turn has not come
  // None works any more: more than are asked for at once are refused.
  std::size_t refused = 0;
  while (!house.routes.empty()) {
    for (auto& m : std::exchange(house.routes, {})) {
      REQUIRE_FALSE(asked_for(m).empty());
      ++refused;
      house.manager_sends(route::failure(route::to_of(m), route::from_of(m), std::string(route::failure_text::link_down)));
    }
  }
  CHECK(refused == house.asked_at_once);  // the others have not asked
  house.anew(house.ids(0, all));
  std::size_t given = 0;
  for (std::size_t more = 1; more != 0;) given += more = house.give_sessions();
  CHECK(given == all);
  CHECK(house.heard(0, all) == all);
}

TEST_CASE("several managers: where a link is taken up again while sessions are asked for over it, nobody waits for ever") {
  divided_house house(3);
  house.away(house.ids(0, 2));
  house.anew(house.ids(0, 2));
  const auto questions = std::exchange(house.routes, {});
  REQUIRE(questions.size() == 2);
  house.away(house.ids(0, 2));  // the link, before it has brought an answer
  house.exchange->set_manager_state_of(house.ids(0, 2), true);
  house.settle();
  CHECK(house.routes.empty());
  for (const auto& m : questions)
    house.manager_sends(route::session_started(route::address(asked_for(m) + "1f"), route::from_of(m)));
  CHECK(house.heard(0, 3) == 3);
}

TEST_CASE("several managers: when nobody waits for one any more, its clients are told, and no others") {
  divided_house house(3);
  house.away(house.ids(0, 2));
  house.exchange->set_manager_state_of(house.ids(0, 2), false);
  house.settle();
  for (std::size_t n = 0; n < 2; ++n) CHECK(house.clients[n].take().find("<remote-connection-failed ") != std::string::npos);
  CHECK(house.clients[2].take().find("<stream:error>") == std::string::npos);
  CHECK(house.heard(2, 3) == 1);
}

TEST_CASE("several managers: a login that waits for one that was left is refused, and another one is not") {
  divided_house house(0);
  client_end asks(house);
  client_end waits(house);
  for (auto* c : {&asks, &waits}) log_in_half(house, *c);
  REQUIRE(house.routes.size() == 2);
  const auto questions = std::exchange(house.routes, {});
  house.anew({asks.id});
  CHECK(house.routes.empty());
  CHECK(asks.take().find("<remote-server-timeout ") != std::string::npos);
  CHECK(waits.take().empty());
  house.manager_sends(route::session_started(route::address(asked_for(questions.at(1)) + "1f"), route::from_of(questions.at(1))));
  CHECK(waits.take().find("type='result'") != std::string::npos);
}

namespace {

/// Two were moved, and have the message back that each had sent. The first one has his session there; the other one's is not waited for any more, since
/// that manager is away as well.
struct twice_moved_house : divided_house {
  twice_moved_house() : divided_house(2) {
    away(ids(0, 2));
    anew(ids(0, 2));
    const auto questions = std::exchange(routes, {});
    REQUIRE(questions.size() == 2);
    for (std::size_t n = 0; n < 2; ++n)
      exchange->on(0).to_client(
          route::held(route::address(clients[n].id), message("not handled"), route::origin{0xab, 1 + (n & 0xffU), 1}));
    const auto& his = questions[route::from_of(questions[0]).handle == clients[0].id ? 0 : 1];
    manager_sends(route::session_started(route::address(asked_for(his) + "1f"), route::from_of(his)));
    away(ids(0, 2));
  }
};

}  // namespace

TEST_CASE("several managers: what is to be said again is not said to one that is away, but to the next one") {
  twice_moved_house house;
  CHECK(house.routes.empty());
  house.anew(house.ids(0, 2));
  CHECK(house.give_sessions() == 2);
  CHECK(house.came(0, 2) == 2);
  CHECK(house.stanzas_from(house.clients[0].id) == 1);
}

TEST_CASE("several managers: or to the same one, when its link is taken up again") {
  twice_moved_house house;
  house.exchange->set_manager_state_of(house.ids(0, 2), true);
  house.settle();
  CHECK(house.came(0, 2) == 1);
  CHECK(house.stanzas_from(house.clients[0].id) == 1);
  CHECK(house.heard(0, 1) == 2);
}

}  // namespace couplet::lives

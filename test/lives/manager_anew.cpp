#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <string>

#include "returning_house.hpp"

// A session manager that comes back without the sessions there were: many clients at once, and those who come meanwhile.

namespace couplet::lives {

TEST_CASE("manager anew: whoever logs in meanwhile waits for nobody, and is not asked for") {
  returning_house house;
  client_end old(house);
  old.log_in();
  house.go_away();
  old.send(message("of old"));
  CHECK(house.routes.empty());
  house.come_anew();
  REQUIRE(house.routes.size() == 1);  // it asks for its session, and is not read
  const auto question = std::exchange(house.routes, {});

  client_end fresh(house);
  fresh.log_in();
  fresh.send(message("of the newcomer"));
  house.give_sessions();
  CHECK(house.stanzas_from(fresh.id) == 1);
  CHECK(house.stanzas_from(old.id) == 0);

  house.manager_sends(route::session_started(route::address(std::string("u@example.org/2f")), route::from_of(question.at(0))));
  house.give_sessions();
  CHECK(house.stanzas_from(old.id) == 1);
  CHECK(house.others.size() == 2);
}

TEST_CASE("manager anew: what a newcomer was given counts as lost, too, when the manager goes again") {
  returning_house house;
  client_end old(house);
  old.log_in();
  house.go_away();
  house.come_anew();
  const auto question = std::exchange(house.routes, {});
  client_end fresh(house);
  fresh.log_in();
  house.go_away();
  fresh.send(message("1"));
  CHECK(house.routes.empty());
  house.come_anew();
  CHECK(house.give_sessions() == 2);
  house.give_sessions();
  CHECK(house.stanzas_from(fresh.id) == 1);
  CHECK(question.size() == 1);
}

TEST_CASE("manager anew: a few are asked for at a time, all get their sessions, and nobody's words are lost") {
  constexpr std::size_t many = 200;
  returning_house house;
  std::deque<client_end> clients;
  for (std::size_t n = 0; n < many; ++n) clients.emplace_back(house).log_in();
  house.go_away();
  for (std::size_t n = 0; n < many; ++n) clients[n].send(message(std::to_string(n)));
  CHECK(house.routes.empty());
  house.come_anew();
  CHECK(house.routes.size() == house.asked_at_once);
  std::size_t given = 0;
  for (std::size_t more = 1; more != 0;) given += more = house.give_sessions();
  CHECK(given == many);
  CHECK(house.others.size() == many);
  for (const auto& c : clients) CHECK(house.stanzas_from(c.id) == 1);
}

TEST_CASE("manager anew: between two steps there are pauses, and everybody gets through") {
  constexpr std::size_t many = 50;
  auto p = default_policy();
  p.longest_pause = std::chrono::milliseconds(1);
  returning_house house(p);
  std::deque<client_end> clients;
  for (std::size_t n = 0; n < many; ++n) clients.emplace_back(house).log_in();
  house.go_away();
  for (std::size_t n = 0; n < many; ++n) clients[n].put(message(std::to_string(n)));
  house.come_anew();
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  std::size_t given = 0;
  std::size_t most_in_front = 0;
  while (house.others.size() < many && std::chrono::steady_clock::now() < end) {
    most_in_front = std::max(most_in_front, house.routes.size());
    given += house.give_sessions();
    house.shard.io().run_one_for(std::chrono::milliseconds(1));
  }
  CHECK(given == many);
  house.go_away();
  house.come_anew();
  house.give_sessions();  // and the house goes in the middle of a pause
  CHECK(most_in_front >= house.asked_at_once);
  for (const auto& c : clients) CHECK(house.stanzas_from(c.id) == 1);
}

TEST_CASE(
    "manager anew: one that goes again while clients are told of it loses nothing, and comes back with all sessions or none") {
  constexpr std::size_t many = 30;
  for (const bool anew : {false, true}) {
    CAPTURE(anew);
    returning_house house;
    std::deque<client_end> clients;
    for (std::size_t n = 0; n < many; ++n) clients.emplace_back(house).log_in();
    house.go_away();
    house.come_anew();
    for (std::size_t n = 0; n < many; ++n) clients[n].put(message(std::to_string(n)));
    // The news that it is back goes to a few at a time, and that it is away comes in between.
    for (std::size_t given = 0; given + house.routes.size() < many;) given += house.give_sessions();
    const auto questions = std::exchange(house.routes, {});
    REQUIRE(!questions.empty());
    for (const auto& m : questions)
      house.exchange->on(0).to_client(route::session_started(route::address(asked_for(m) + "1f"), route::from_of(m)));
    house.exchange->set_manager_away();
    if (anew) {
      house.exchange->set_manager_anew();
    } else {
      house.exchange->set_manager_state(true);
    }
    house.settle();
    while (house.give_sessions() != 0) {
    }
    for (const auto& c : clients) CHECK(house.stanzas_from(c.id) == 1);
  }
}

}  // namespace couplet::lives

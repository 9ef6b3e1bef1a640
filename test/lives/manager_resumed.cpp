#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <string>
#include <vector>

#include "left_house.hpp"

// A session manager that was started anew, whose link breaks while clients are still being asked for their sessions, and is taken up again: it goes on
// where it was.

namespace couplet::lives {

namespace {

constexpr std::size_t many = 30;

struct interrupted_house : left_house {
  interrupted_house() {
    for (std::size_t n = 0; n < many; ++n) clients.emplace_back(*this).log_in("s" + std::to_string(n));
    go_away();
    come_anew();
    asked = std::exchange(routes, {});
    REQUIRE(asked.size() == asked_at_once);
    go_away();
    for (std::size_t n = 0; n < many; ++n) clients[n].put(message(std::to_string(n)));
    settle();
    CHECK(routes.empty());
  }
  void answer(const std::vector<route::message>& questions) {
    for (const auto& m : questions) manager_sends(route::session_started(route::address(asked_for(m) + "1f"), route::from_of(m)));
  }
  /// The link does not put a question to a manager that it has lost.
  void turn_down(const route::message& m) {
    exchange->on(0).to_client(route::failure(route::to_of(m), route::from_of(m), std::string(route::failure_text::link_down)));
  }
  std::size_t give_all_sessions() {
    std::size_t all = 0;
    for (std::size_t more = 1; more != 0;) all += more = give_sessions();
    return all;
  }
  void everybody_has_said_one_thing() {
    for (const auto& c : clients) CHECK(stanzas_from(c.id) == 1);
    CHECK(table->size() == many);
  }
  std::deque<client_end> clients;
  std::vector<route::message> asked;
};

}  // namespace

TEST_CASE("manager resumed: those who had not been asked for are, and nobody is asked for twice") {
  interrupted_house house;
  house.come_back();
  CHECK(house.routes.empty());  // as many as may be are asked for
  house.answer(house.asked);
  CHECK(house.give_all_sessions() == many - house.asked.size());
  house.everybody_has_said_one_thing();
}

TEST_CASE("manager resumed: whose session comes while the others wait waits for them, and then says what was not handled") {
  interrupted_house house;
  const auto first = route::from_of(house.asked.front()).handle;
  house.hand_back(first, "<message id='not handled'/>");
  house.come_back();
  house.answer(house.asked);
  CHECK(house.stanzas_from(first) == 0);
  house.give_all_sessions();
  CHECK(house.stanzas_from(first) == 2);
  CHECK(house.table->size() == many);
}

TEST_CASE("manager resumed: a question that the link has turned down is put again") {
  interrupted_house house;
  for (const auto& m : house.asked) house.turn_down(m);
  house.settle();
  CHECK(house.routes.empty());
  house.come_back();
  CHECK(house.give_all_sessions() == many);
  house.everybody_has_said_one_thing();
}

TEST_CASE("manager resumed: the same where everybody had been asked for") {
  left_house house;
  client_end one(house);
  one.log_in();
  house.go_away();
  house.come_anew();
  const auto question = std::exchange(house.routes, {});
  REQUIRE(question.size() == 1);
  house.go_away();
  house.exchange->on(0).to_client(
      route::failure(route::to_of(question[0]), route::from_of(question[0]), std::string(route::failure_text::link_down)));
  one.send(message("1"));
  house.come_back();
  CHECK(house.give_sessions() == 1);
  house.give_sessions();
  CHECK(house.stanzas_from(one.id) == 1);
}

TEST_CASE("manager resumed: newcomers of before the break keep their sessions, and are not asked for") {
  returning_house house;
  std::deque<client_end> old;
  for (std::size_t n = 0; n < many; ++n) old.emplace_back(house).log_in();
  house.go_away();
  house.come_anew();
  const auto asked = std::exchange(house.routes, {});
  client_end fresh(house);
  fresh.log_in();
  house.go_away();
  fresh.send(message("1"));
  CHECK(house.routes.empty());
  house.come_back();
  CHECK(lines_of(house.routes) ==
        texts{"stanza <message to='v@example.org' id='1' from='u@example.org/r'><body>hello</body></message>"});
  house.give_sessions();
  for (const auto& m : asked) house.manager_sends(route::session_started(route::address(asked_for(m) + "1f"), route::from_of(m)));
  std::size_t given = 0;
  for (std::size_t more = 1; more != 0;) given += more = house.give_sessions();
  CHECK(given == many - asked.size());
  CHECK(house.stanzas_from(fresh.id) == 1);
}

TEST_CASE("manager resumed: it may break again and again") {
  interrupted_house house;
  for (int n = 0; n < 3; ++n) {
    house.come_back();
    house.go_away();
  }
  CHECK(house.routes.empty());
  house.come_back();
  house.answer(house.asked);
  CHECK(house.give_all_sessions() == many - house.asked.size());
  house.everybody_has_said_one_thing();
}

TEST_CASE("manager resumed: what a manager of before could not be asked is nothing to the next one") {
  interrupted_house house;
  house.come_back();
  house.answer(house.asked);
  const auto more = std::exchange(house.routes, {});
  REQUIRE(more.size() == house.asked_at_once);
  house.go_away();
  for (const auto& m : more) house.turn_down(m);
  house.come_anew();
  auto asked_anew = std::exchange(house.routes, {});
  REQUIRE(asked_anew.size() == house.asked_at_once);
  house.go_away();
  house.come_back();
  CHECK(house.routes.empty());
  house.answer(asked_anew);
  CHECK(house.give_all_sessions() == many - asked_anew.size());
}

TEST_CASE("manager resumed: another one that is new is asked for everybody, and heard of once") {
  interrupted_house house;
  house.hand_back(house.clients.front().id, "<message id='not handled'/>");
  house.come_anew();
  CHECK(house.give_all_sessions() == many);
  CHECK(house.stanzas_from(house.clients.front().id) == 2);
  // Nothing is left over in the count of those who wait.
  house.go_away();
  house.hand_back(house.clients.back().id, "<message id='not handled'/>");
  house.come_anew();
  const auto last = house.stanzas_from(house.clients.back().id);
  while (house.routes.size() < house.asked_at_once) house.give_sessions();
  CHECK(house.stanzas_from(house.clients.back().id) == last);
  house.give_all_sessions();
  CHECK(house.stanzas_from(house.clients.back().id) == last + 1);
}

TEST_CASE("manager resumed: where nobody waits for it any more all are told, and the next ones begin anew") {
  interrupted_house house;
  house.exchange->set_manager_state(false);
  house.settle();
  for (auto& c : house.clients) c.let_go();
  house.settle();
  CHECK(house.table->count().ends.of(base::close_reason::manager_unavailable) == many);
  CHECK(house.table->size() == 0);
  house.routes.clear();
  house.exchange->set_manager_state(true);
  house.settle();
  client_end fresh(house);
  fresh.log_in();
  house.go_away();
  house.hand_back(fresh.id, "<message id='not handled'/>");
  house.come_anew();
  CHECK(house.give_sessions() == 1);
  house.give_sessions();
  CHECK(house.stanzas_from(fresh.id) == 1);
}

TEST_CASE("manager resumed: what was asked for a client is not said twice where a manager had not handled it") {
  left_house house;
  client_end one(house);
  one.log_in();
  one.send("<iq type='get' id='1'><query xmlns='jabber:iq:roster'/></iq>");
  house.go_away();
  house.come_anew();
  house.start("u@example.org/2f");
  const auto questions = std::exchange(house.routes, {});
  REQUIRE(questions.size() == 1);  // for its roster
  const auto& question = std::get<route::stanza>(questions[0]).xml;
  CHECK(question.find("id='kept-") != std::string::npos);
  house.go_away();
  house.hand_back(one.id, std::string(question));
  house.hand_back(one.id, "<iq type='get' id='kept-00' from='u@example.org/r'><query xmlns='jabber:iq:version'/></iq>");
  house.come_anew();
  house.start("u@example.org/3f");
  CHECK(house.take_lines() ==
        texts{"stanza " + question,
              "stanza <iq type='get' id='kept-00' from='u@example.org/r'><query xmlns='jabber:iq:version'/></iq>"});
}

TEST_CASE("manager resumed: whose turn comes late is not held to the time at which an earlier manager was asked") {
  interrupted_house house;
  house.come_back();
  house.answer(house.asked);
  const auto more = std::exchange(house.routes, {});
  REQUIRE(more.size() == house.asked_at_once);
  house.go_away();
  house.come_anew();
  const auto silent = std::exchange(house.routes, {});
  REQUIRE(silent.size() == house.asked_at_once);
  CHECK(route::from_of(silent[0]).handle != route::from_of(more[0]).handle);
  house.shard.wheel().advance(base::clock::now() + house.shared.limit.manager_timeout + std::chrono::seconds(1));
  house.settle();
  CHECK(house.give_all_sessions() == many - silent.size());
  for (const auto& m : more) CHECK(house.stanzas_from(route::from_of(m).handle) == 1);
  for (const auto& m : silent) CHECK(house.stanzas_from(route::from_of(m).handle) == 0);
}

TEST_CASE("manager resumed: who waits for his session is not cut off while the manager is away") {
  interrupted_house house;
  for (int n = 1; n <= 4; ++n) {
    house.shard.wheel().advance(base::clock::now() + n * house.shared.limit.manager_timeout);
    house.settle();
  }
  house.come_back();
  house.answer(house.asked);
  house.give_all_sessions();
  house.everybody_has_said_one_thing();
}

namespace {

/// All have their sessions and something to say again, and are told by and by that they may. When the first ones have been, the link breaks.
struct half_told_house : left_house {
  half_told_house() {
    for (std::size_t n = 0; n < many; ++n) clients.emplace_back(*this).log_in("s" + std::to_string(n));
    go_away();
    for (std::size_t n = 0; n < many; ++n) hand_back(clients[n].id, message("not handled"), n + 1);
    come_anew();
    std::size_t given = 0;
    for (; given + asked_at_once < many;) given += give_sessions();
    const auto last = std::exchange(routes, {});
    REQUIRE(given + last.size() == many);
    for (const auto& m : last)
      exchange->on(0).to_client(route::session_started(route::address(asked_for(m) + "1f"), route::from_of(m)));
    // Behind the two steps in which it is announced that all are back.
    shard.post([this] { shard.post([this] { exchange->set_manager_away(); }); });
    settle();
    (void)give_sessions();
    said_before = said();
    REQUIRE(said_before != 0);
  }
  std::size_t said() const {
    return static_cast<std::size_t>(std::count_if(others.begin(), others.end(), [](const auto& m) {
      const auto* const s = std::get_if<route::stanza>(&m);
      return s != nullptr && s->trace.origin.is_known();
    }));
  }
  std::deque<client_end> clients;
  std::size_t said_before = 0;
};

}  // namespace

TEST_CASE("manager resumed: who has not been told yet that he may say again what was not handled waits until it is back") {
  half_told_house house;
  CHECK(house.said_before < many);
  house.come_back();
  house.give_sessions();
  CHECK(house.said() == many);
  for (const auto& c : house.clients) CHECK(house.stanzas_from(c.id) == 1);
}

TEST_CASE("manager anew: the same where that is one more that knows nobody") {
  half_told_house house;
  CHECK(house.said_before < many);
  house.come_anew();
  for (std::size_t more = 1; more != 0;) more = house.give_sessions();
  CHECK(house.said() == many);
}

}  // namespace couplet::lives

#include <doctest/doctest.h>

#include <chrono>
#include <deque>
#include <string>

#include "left_house.hpp"

// Clients that leave, or are cut off, when there is a session manager again, and it has not given everybody his session, or not worked on what was said
// in theirs.

namespace couplet::lives {

TEST_CASE("left behind: whose end overtakes the presence that was said again is shown once more, and leaves then") {
  for (const bool says_goodbye : {false, true}) {
    CAPTURE(says_goodbye);
    left_house house;
    client_end leaves(house);
    leaves.log_in();
    leaves.become_available();
    house.go_away();
    house.routes.clear();
    if (says_goodbye) leaves.send("<presence type='unavailable'/></stream:stream>");
    leaves.hang_up();
    house.come_anew();
    house.start("u@example.org/2f");
    auto expected = texts{"stanza <presence from='u@example.org/r'/>"};
    if (says_goodbye) expected.emplace_back("stanza <presence type='unavailable' from='u@example.org/r'/>");
    expected = expected + texts{"end u@example.org/2f", "start u@example.org/r"};
    CHECK(lines_of(house.routes) == expected);
    house.start("u@example.org/3f");
    CHECK(lines_of(house.routes) == shown_at_last);
    house.answer();
    CHECK(house.take_lines() == shown_at_last + texts{"returned <message id='late'/>", "end u@example.org/3f"});
    CHECK(house.shared.left_clients.used() == 0);
    CHECK_FALSE(house.shared.left_names.any());
  }
}

TEST_CASE("left behind: whose presence is known to be worked on leaves as everybody does") {
  // The last one's manager gives nobody his own presence, and works on one after the other.
  for (const std::string presence : {"never", "seen", "never given back"}) {
    CAPTURE(presence);
    left_house house;
    client_end leaves(house);
    leaves.log_in();
    if (presence == "seen") leaves.become_available();
    if (presence == "never given back") leaves.send("<presence/>");
    house.go_away();
    house.routes.clear();
    house.come_anew();
    house.start("u@example.org/2f");
    if (presence == "seen")
      leaves.manager_says(route::stanza(route::address(std::string("u@example.org/2f")), route::address(leaves.id),
                                        "<presence from='u@example.org/r'/>"));
    house.routes.clear();
    leaves.hang_up();
    CHECK(house.take_lines() == texts{"end u@example.org/2f"});
  }
}

TEST_CASE("left behind: who is not given a session in time is shown to have left all the same") {
  for (const bool available : {false, true}) {
    CAPTURE(available);
    left_house house;
    client_end leaves(house);
    leaves.log_in();
    if (available) leaves.send("<presence/>");
    house.go_away();
    house.routes.clear();
    leaves.let_go();
    house.come_anew();
    const auto question = std::exchange(house.routes, {});
    REQUIRE(question.size() == 1);
    house.shard.wheel().advance(base::clock::now() + house.shared.limit.manager_timeout + std::chrono::seconds(5));
    house.settle();
    CHECK(house.take_lines() == (available ? texts{"start u@example.org/r"} : texts{}));
    house.manager_sends(route::session_started(route::address(std::string("u@example.org/2f")), route::from_of(question[0])));
    CHECK(house.take_lines() == texts{"end u@example.org/2f"});  // it comes too late
  }
}

TEST_CASE("left behind: whoever is cut off before everybody has his session loses nothing of what waits for that") {
  for (const bool available : {false, true}) {
    CAPTURE(available);
    left_house house(small_outbox());
    client_end stays(house);
    stays.log_in("s");
    client_end slow(house);
    slow.log_in();
    if (available) slow.become_available();
    house.go_away();
    house.routes.clear();
    for (int n = 1; n <= 3; ++n) house.hand_back(slow.id, said(n), static_cast<std::uint64_t>(n));
    house.come_anew();
    const auto questions = std::exchange(house.routes, {});
    REQUIRE(questions.size() == 2);
    house.manager_sends(route::session_started(route::address(std::string("u@example.org/2f")), route::address(slow.id)));
    CHECK(house.take_lines() == (available ? texts{"stanza <presence from='u@example.org/r'/>"} : texts{}));
    house.cut_off(slow.id);
    CHECK(house.take_lines() == texts{"end u@example.org/2f"});
    CHECK(house.table->count().ends.of(base::close_reason::slow_consumer) == 1);
    house.manager_sends(route::session_started(route::address(std::string("u@example.org/3f")), route::address(stays.id)));
    // What it did not take goes back when all have their sessions, and nobody else says anything before.
    const auto heard = lines_of(house.routes);
    REQUIRE(heard.size() > 1);
    CHECK(heard.back() == "start u@example.org/r");
    CHECK(std::all_of(heard.begin(), heard.end() - 1, [](const auto& line) { return line.starts_with("returned "); }));
    house.start("u@example.org/4f");
    REQUIRE(house.routes.size() > 2);
    const auto first = house.routes.size() - (available ? 3 : 4);
    CHECK(std::get<route::stanza>(house.routes[first]).trace.origin == route::origin{0xab, 1, 1});
    house.answer();
    CHECK(house.take_lines() ==
          (available ? shown_at_last + three_said() + texts{"returned <message id='late'/>"} : three_said()) +
              texts{"end u@example.org/4f"});
    CHECK(house.table->count().unsaid == 0);
    CHECK(house.shared.left_bytes.used() == 0);
    CHECK_FALSE(house.shared.left_names.any());
  }
}

TEST_CASE("left behind: the same of one that is cut off while the news that everybody has his session goes round") {
  constexpr std::size_t many = 30;
  left_house house(small_outbox());
  std::deque<client_end> others;
  for (std::size_t n = 0; n < many; ++n) others.emplace_back(house).log_in("s" + std::to_string(n));
  client_end slow(house);
  slow.log_in();
  house.go_away();
  house.hand_back(others.front().id, "<message from='u@example.org/s0'/>");
  for (int n = 1; n <= 3; ++n) house.hand_back(slow.id, said(n));
  house.come_anew();
  for (std::size_t given = 0; given + house.routes.size() < many + 1;) given += house.give_sessions();
  auto questions = std::exchange(house.routes, {});
  const auto last = std::move(questions.back());
  questions.pop_back();
  for (const auto& m : questions)
    house.manager_sends(route::session_started(route::address(asked_for(m) + "1f"), route::from_of(m)));
  house.routes.clear();
  house.exchange->on(0).to_client(route::session_started(route::address(asked_for(last) + "1f"), route::from_of(last)));
  while (house.routes.empty() && house.shard.io().poll_one() != 0) {
  }
  REQUIRE(lines_of(house.routes) == texts{"stanza <message from='u@example.org/s0'/>"});
  house.cut_off(slow.id, "u@example.org/r1f");
  REQUIRE(house.take_lines() ==
          texts{"stanza <message from='u@example.org/s0'/>", "end u@example.org/r1f", "start u@example.org/r"});
}

TEST_CASE("left behind: what somebody who is cut off leaves is bounded, too, and counted") {
  caught_log log;
  auto p = small_outbox();
  p.left_bytes = 1;
  left_house house(p);
  client_end stays(house);
  stays.log_in("s");
  client_end slow(house);
  slow.log_in();
  house.go_away();
  house.routes.clear();
  for (int n = 1; n <= 3; ++n) house.hand_back(slow.id, said(n));
  house.come_anew();
  house.manager_sends(route::session_started(route::address(std::string("u@example.org/2f")), route::address(slow.id)));
  house.cut_off(slow.id);
  CHECK(house.table->count().unsaid == 3);
  CHECK(log.has("stanzas are lost"));
  CHECK(house.shared.left_bytes.used() == 0);
}

}  // namespace couplet::lives

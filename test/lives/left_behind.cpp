#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "left_house.hpp"
#include "route/client_id.hpp"

// Clients that leave while the session manager is away, or just before: what they had said goes to whom it is for when there is one again.

namespace couplet::lives {

TEST_CASE("left behind: who speaks and leaves while the manager is away is read when it is back") {
  for (const bool manager_speaks : {false, true}) {
    CAPTURE(manager_speaks);
    left_house house;
    client_end leaves(house);
    leaves.log_in();
    leaves.become_available();
    house.go_away();
    house.routes.clear();
    for (int n = 1; n <= 3; ++n) leaves.send("<message to='v@example.org' id='" + std::to_string(n) + "'/>");
    leaves.hang_up();
    house.come_anew();
    const auto question = std::exchange(house.routes, {});
    REQUIRE(question.size() == 1);
    const auto client = route::from_of(question[0]);
    house.exchange->on(0).to_client(route::session_started(route::address(std::string("u@example.org/2f")), client));
    // More than one write to somebody who is gone: the second fails, before anything was read.
    for (int n = 0; manager_speaks && n < 3; ++n) {
      house.exchange->on(0).to_client(
          route::stanza(route::address(std::string("u@example.org/2f")), client, "<presence from='u@example.org/r'/>"));
      if (n < 2) house.shard.io().poll_one();
    }
    house.settle();
    auto heard = house.take_lines();
    heard.erase(std::remove_if(heard.begin(), heard.end(), [](const auto& h) { return h.starts_with("returned "); }),
                heard.end());
    CHECK(heard == texts{"stanza <presence from='u@example.org/r'/>"} +
                       texts{"stanza <message to='v@example.org' id='1' from='u@example.org/r'/>",
                             "stanza <message to='v@example.org' id='2' from='u@example.org/r'/>",
                             "stanza <message to='v@example.org' id='3' from='u@example.org/r'/>", "end u@example.org/2f"} +
                       (manager_speaks ? texts{} : texts{"start u@example.org/r"}));
    CHECK(house.table->size() == 0);
  }
}

TEST_CASE(
    "left behind: what somebody had said who is gone is said in its name, in order and with its origin, and its session ends") {
  left_house house;
  const auto was = house.three_are_left(true);
  CHECK(house.routes.empty());
  house.come_anew();
  REQUIRE(house.routes.size() == 1);
  CHECK(asked_for(house.routes[0]) == "u@example.org/r");
  CHECK(route::from_of(house.routes[0]).handle != was);  // what comes late for the client is nothing of this
  house.start("u@example.org/2f");
  REQUIRE(house.routes.size() == 5);
  CHECK(std::get<route::stanza>(house.routes[2]).trace.origin == route::origin{0xab, 1, 1});
  house.answer();  // and what the session was given goes back
  CHECK(house.take_lines() == texts{"stanza <presence from='u@example.org/r'><priority>-1</priority></presence>", "question"} +
                                  three_said() + texts{"returned <message id='late'/>", "end u@example.org/2f"});
  CHECK(house.table->count().unsaid == 0);
  CHECK(house.shared.left_bytes.used() == 0);
  CHECK(house.shared.left_clients.used() == 0);
  CHECK_FALSE(house.shared.left_names.any());
  house.go_away();
  house.come_anew();
  CHECK(house.routes.empty());  // once
}

TEST_CASE("left behind: whom nobody has seen is not shown, and whose end alone was not handled is") {
  for (const bool available : {false, true}) {
    CAPTURE(available);
    left_house house;
    client_end leaves(house);
    leaves.log_in();
    if (available) leaves.send("<presence/>");
    leaves.hang_up();
    house.settle();
    house.routes.clear();
    house.go_away();
    house.hand_back(leaves.id, {});
    house.come_anew();
    house.start("u@example.org/2f");
    house.let_deadlines_pass();  // a manager that does not answer hears of the end all the same
    const texts shown{"stanza <presence from='u@example.org/r'><priority>-1</priority></presence>", "question",
                      "end u@example.org/2f"};
    CHECK(house.take_lines() == (available ? shown : texts{}));
  }
}

TEST_CASE("left behind: everybody who is here has his session first") {
  left_house house;
  client_end stays(house);
  stays.log_in();
  house.three_are_left();
  house.come_anew();
  const auto question = std::exchange(house.routes, {});
  REQUIRE(question.size() == 1);
  CHECK(route::from_of(question[0]).handle == stays.id);
  house.manager_sends(route::session_started(route::address(std::string("u@example.org/3f")), route::from_of(question[0])));
  // Somebody has its name: it does not lose its session for what the other one had said.
  REQUIRE(house.routes.size() == 1);
  const auto asked = asked_for(house.routes[0]);
  CHECK(asked.starts_with("u@example.org/"));
  CHECK(asked != "u@example.org/r");
  house.start("u@example.org/2f");
  CHECK(house.take_lines() == three_said() + texts{"end u@example.org/2f"});
}

TEST_CASE("left behind: whoever logs in under the same name waits until that is said, and keeps his session") {
  left_house house;
  client_end waits_for_session(house);
  waits_for_session.log_in();
  house.three_are_left();
  house.come_anew();
  const auto first = std::exchange(house.routes, {});
  REQUIRE(first.size() == 1);

  client_end again(house);
  again.send(client_end::header);
  again.send(
      "<iq type='set' id='a'><query xmlns='jabber:iq:auth'><username>u</username><password>p</password>"
      "<resource>r</resource></query></iq>");
  REQUIRE(house.routes.size() == 1);
  const auto asked = std::get<route::auth>(house.routes[0]);
  const auto at = asked.iq.find("id='") + 4;
  const auto iq_id = asked.iq.substr(at, asked.iq.find('\'', at) - at);
  house.routes.clear();
  house.manager_sends(route::auth(asked.to, asked.from, "<iq type='result' id='" + iq_id + "'/>"));
  CHECK(house.routes.empty());  // it does not ask for its session yet

  waits_for_session.hang_up();
  house.manager_sends(route::failure(route::address(std::string("u@example.org/r")), route::from_of(first[0]), "Session Failed"));
  REQUIRE(house.routes.size() == 1);
  house.start("u@example.org/2f");
  auto heard = house.take_lines();
  CHECK(heard == three_said() + texts{"end u@example.org/2f", "start u@example.org/r"});
}

TEST_CASE("left behind: a manager that takes nothing more costs the stanzas, and they are counted") {
  const auto lost_after = [](auto&& happens) {
    caught_log log;
    left_house house;
    house.three_are_left();
    happens(house);
    CHECK(log.has("stanzas are lost"));
    CHECK(house.shared.left_bytes.used() == 0);
    CHECK_FALSE(house.shared.left_names.any());
    CHECK(house.take_lines() == texts{});
    return house.table->count().unsaid;
  };
  CHECK(lost_after([](left_house& h) {
          h.exchange->set_manager_state(false);
          h.settle();
        }) == 3);
  CHECK(lost_after([](left_house& h) {  // it refuses
          h.come_anew();
          const auto question = std::exchange(h.routes, {});
          h.manager_sends(
              route::failure(route::address(std::string("u@example.org/r")), route::from_of(question.at(0)), "Session Failed"));
        }) == 3);
  CHECK(lost_after([](left_house& h) {  // it does not answer
          h.come_anew();
          h.routes.clear();
          h.let_deadlines_pass();
        }) == 3);
}

TEST_CASE("left behind: the link's errors for somebody who is gone are counted, and go nowhere") {
  caught_log log;
  left_house house;
  client_end leaves(house);
  leaves.log_in();
  leaves.hang_up();
  house.settle();
  house.routes.clear();
  house.go_away();
  const std::string error =
      "<message type='error' id='1'><error type='wait'><remote-server-timeout "
      "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>";
  for (int n = 0; n < 2; ++n) {
    house.exchange->on(0).to_client(
        route::stanza(route::address(std::string("u@example.org/1f")), route::address(leaves.id), error));
  }
  house.exchange->set_manager_state(false);
  house.settle();
  CHECK(house.table->count().unsaid == 2);
  CHECK(log.has("stanzas are lost"));
  CHECK(house.routes.empty());
}

TEST_CASE("left behind: a manager that goes once more, with its sessions or without, is asked again") {
  for (const bool anew : {false, true}) {
    CAPTURE(anew);
    left_house house;
    house.three_are_left();
    house.come_anew();
    const auto question = std::exchange(house.routes, {});
    REQUIRE(question.size() == 1);
    house.go_away();
    // The link has not put the question.
    house.manager_sends(route::failure(route::address(asked_for(question[0])), route::from_of(question[0]),
                                       std::string(route::failure_text::link_down)));
    house.let_deadlines_pass();
    CHECK(house.routes.empty());
    if (anew) {
      house.come_anew();
    } else {
      house.exchange->set_manager_state(true);
      house.settle();
    }
    CHECK(house.take_lines().size() == 1);
    house.routes = question;
    house.start("u@example.org/2f");
    CHECK(house.take_lines() == three_said() + texts{"end u@example.org/2f"});
  }
}

TEST_CASE("left behind: by session control") {
  auto settings = keeping_settings();
  settings.sessions = stream::session_protocol::control;
  small_house house(default_policy(), settings);
  house.exchange->set_manager_away();
  house.settle();
  const auto nobody = route::client_id{0, 5, 77}.packed();
  for (int n = 1; n <= 3; ++n)
    house.exchange->on(0).to_client(route::held(route::address(nobody), said(n), route::origin{0xab, 1, 1}));
  house.exchange->set_manager_anew();
  house.settle();
  REQUIRE(house.routes.size() == 1);
  const auto question = std::get<route::session_control>(std::exchange(house.routes, {}).at(0));
  CHECK(question.target == "u@example.org/r");
  route::session_control other(question.to, question.from, verb::started);  // somebody else's
  other.id = "x";
  other.sm = "5";
  house.manager_sends(other);
  CHECK(lines_of(std::exchange(house.routes, {})) == texts{"end 5"});
  route::session_control started(question.to, question.from, verb::started);
  started.id = question.id;
  started.sm = "6";
  house.manager_sends(started);
  CHECK(lines_of(house.routes) == three_said() + texts{"end 6"});
}

TEST_CASE("left behind: what is kept is bounded in number and in bytes; the rest is counted") {
  const auto play = [](auto&& limit) {
    caught_log log;
    auto p = default_policy();
    limit(p);
    left_house house(p);
    house.go_away();
    for (std::uint32_t user = 0; user < 10; ++user) {
      house.hand_back(route::client_id{0, 20 + user, 77}.packed(),
                      "<message to='v@example.org' from='user" + std::to_string(user) + "@example.org/r'/>");
    }
    house.come_anew();
    std::size_t given = 0;
    for (std::size_t more = 1; more != 0;) given += more = house.give_sessions();
    CHECK(given + house.table->count().unsaid == 10);
    return given;
  };
  CHECK(play([](client::policy&) {}) == 10);
  CHECK(play([](client::policy& p) { p.left_clients = 4; }) == 4);
  const auto few = play([](client::policy& p) { p.left_bytes = 1000; });
  CHECK(few > 0);
  CHECK(few < 10);
}

}  // namespace couplet::lives

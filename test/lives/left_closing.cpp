#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include "left_house.hpp"

// Clients that are being shown out, and have not taken all that is for them, when the session manager is replaced; and those that it turns out to matter
// of afterwards.

namespace couplet::lives {

namespace {

/// More than the kernel takes, and less than a client is cut off for.
void give_much(left_house& house, std::uint64_t client, const std::string& session = "u@example.org/1f") {
  const std::string text = "<message><body>" + std::string(50000, 'x') + "</body></message>";
  for (int n = 0; n < 12; ++n)
    house.exchange->on(0).to_client(route::stanza(route::address(session), route::address(client), text));
  house.settle();
}

/// The addresses to which stanzas went back that nobody took.
std::vector<std::string> returned_to(const std::vector<route::message>& routes) {
  std::vector<std::string> all;
  for (const auto& m : routes) {
    const auto* const f = std::get_if<route::failure>(&m);
    if (f != nullptr && !f->xml.empty()) all.push_back(f->to.text);
  }
  return all;
}

void drop_returned(std::vector<route::message>& routes) {
  std::erase_if(routes, [](const auto& m) {
    const auto* const f = std::get_if<route::failure>(&m);
    return f != nullptr && !f->xml.empty();
  });
}

}  // namespace

TEST_CASE("left behind: whoever is being shown out while the manager is replaced is shown to have left") {
  for (const bool available : {false, true}) {
    CAPTURE(available);
    left_house house;
    client_end slow(house);
    slow.log_in();
    if (available) slow.become_available();
    house.routes.clear();
    give_much(house, slow.id);
    slow.send("</stream:stream>");
    REQUIRE(house.table->size() == 1);  // its goodbye is still being written
    REQUIRE(house.take_lines().empty());
    house.go_away();
    house.come_anew();
    CHECK(house.routes.empty());
    slow.hang_up();
    house.settle();
    CHECK_FALSE(returned_to(house.routes).empty());
    for (const auto& to : returned_to(house.routes)) CHECK(to == "u@example.org/1f");
    drop_returned(house.routes);
    REQUIRE(lines_of(house.routes) == (available ? texts{"start u@example.org/r"} : texts{}));
    if (!available) continue;
    house.start("u@example.org/2f");
    house.answer();
    CHECK(house.take_lines() == shown_at_last + texts{"returned <message id='late'/>", "end u@example.org/2f"});
    CHECK_FALSE(house.shared.left_names.any());
  }
}

TEST_CASE("left behind: that others have seen somebody counts also where it is known after his words") {
  for (const bool before_the_manager_comes : {false, true}) {
    CAPTURE(before_the_manager_comes);
    left_house house;
    client_end slow(house);
    slow.log_in();
    slow.become_available();
    house.routes.clear();
    give_much(house, slow.id);
    slow.send("</stream:stream>");
    house.go_away();
    house.hand_back(slow.id, said(1));
    if (before_the_manager_comes) {
      slow.hang_up();
      house.hand_back(slow.id, {});
    }
    house.come_anew();
    if (!before_the_manager_comes) slow.hang_up();
    house.settle();
    drop_returned(house.routes);
    REQUIRE(lines_of(house.routes).back() == "start u@example.org/r");
    house.start("u@example.org/2f");
    house.answer();
    CHECK(house.take_lines() ==
          shown_at_last + texts{"stanza " + said(1), "returned <message id='late'/>", "end u@example.org/2f"});
  }
}

TEST_CASE("left behind: what a client that waits for its session does not take goes back to the session that it was for") {
  left_house house;
  client_end slow(house);
  slow.log_in();
  give_much(house, slow.id);
  house.go_away();
  house.come_anew();
  REQUIRE(lines_of(house.routes) == texts{"start u@example.org/r"});
  slow.hang_up();
  house.let_deadlines_pass();
  CHECK(house.table->count().ends.of(base::close_reason::manager_timeout) == 1);
  CHECK_FALSE(returned_to(house.routes).empty());
  for (const auto& to : returned_to(house.routes)) CHECK(to == "u@example.org/1f");
}

TEST_CASE("left behind: nobody waits for the session of a client that is being shown out") {
  left_house house;
  client_end stays(house);
  stays.log_in("s");
  client_end slow(house);
  slow.log_in();
  give_much(house, slow.id);
  house.go_away();
  house.hand_back(stays.id, "<message id='held'/>");
  house.come_anew();
  house.routes.clear();
  house.manager_sends(route::session_started(route::address(std::string("u@example.org/2f")), route::address(stays.id)));
  CHECK(house.routes.empty());
  house.manager_sends(route::failure(route::address(std::string("u@example.org/r")), route::address(slow.id),
                                     std::string(route::failure_text::session_failed)));
  CHECK(house.table->size() == 2);  // it still reads nothing
  CHECK(lines_of(house.routes) == texts{"stanza <message id='held'/>"});
}

TEST_CASE("left behind: an end that a manager which was killed had not handled is said once more, under the name that was seen") {
  for (const bool name_is_taken : {false, true}) {
    CAPTURE(name_is_taken);
    left_house house;
    client_end leaves(house);
    leaves.log_in();
    leaves.become_available();
    leaves.hang_up();
    house.settle();
    house.routes.clear();
    client_end again(house);
    if (name_is_taken) again.log_in();
    house.go_away();
    house.hand_back(leaves.id, said(1));
    house.hand_back(leaves.id, {});
    house.come_anew();
    if (name_is_taken) {
      REQUIRE(lines_of(house.routes) == texts{"start u@example.org/r"});
      house.start("u@example.org/2f");
    }
    REQUIRE(house.routes.size() == 1);
    const auto name = asked_for(house.routes[0]);
    const auto ghost = route::from_of(house.routes[0]).handle;
    CHECK((name == "u@example.org/r") == !name_is_taken);
    house.start("u@example.org/3f");
    house.answer();
    CHECK(house.take_lines().back() == "end u@example.org/3f");
    house.go_away();
    house.hand_back(ghost, {});
    house.come_anew();
    if (name_is_taken) house.start("u@example.org/4f");
    REQUIRE(house.routes.size() == 1);
    CHECK(asked_for(house.routes[0]) == name);
    house.start("u@example.org/5f");
    house.answer();
    CHECK(house.take_lines() == texts{"stanza <presence from='" + name + "'><priority>-1</priority></presence>", "question",
                                      "returned <message id='late'/>", "end u@example.org/5f"});
    CHECK_FALSE(house.shared.left_names.any());
  }
}

TEST_CASE("left behind: an end alone is said though somebody of that account asks for another name just then") {
  left_house house;
  client_end leaves(house);
  leaves.log_in();
  leaves.become_available();
  leaves.hang_up();
  house.settle();
  client_end stays(house);
  house.routes.clear();
  stays.log_in("s");
  house.go_away();
  house.hand_back(leaves.id, {});
  house.come_anew();
  const auto question = std::exchange(house.routes, {});
  REQUIRE(lines_of(question) == texts{"start u@example.org/s"});
  // The question of one who has just come is open.
  client_end other(house);
  other.send(client_end::header);
  std::string with(client_end::login);
  other.send(with.replace(with.find(">r<") + 1, 1, "other"));
  const auto login = std::get<route::auth>(house.routes.at(0));
  const auto at = login.iq.find("id='") + 4;
  house.routes.clear();
  house.manager_sends(
      route::auth(login.to, login.from, "<iq type='result' id='" + login.iq.substr(at, login.iq.find('\'', at) - at) + "'/>"));
  REQUIRE(house.take_lines() == texts{"start u@example.org/other"});
  house.manager_sends(route::session_started(route::address(std::string("u@example.org/2f")), route::from_of(question[0])));
  CHECK(lines_of(house.routes) == texts{"start u@example.org/r"});
}

TEST_CASE("left behind: an end alone is said to nobody where somebody has the name") {
  left_house house;
  client_end leaves(house);
  leaves.log_in();
  leaves.become_available();
  leaves.hang_up();
  house.settle();
  house.routes.clear();
  client_end again(house);
  again.log_in();
  house.go_away();
  house.routes.clear();
  house.hand_back(leaves.id, {});
  house.come_anew();
  house.start("u@example.org/2f");
  CHECK(house.take_lines().empty());
  CHECK(house.shared.left_clients.used() == 0);
  CHECK_FALSE(house.shared.left_names.any());
}

}  // namespace couplet::lives

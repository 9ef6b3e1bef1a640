#include <doctest/doctest.h>

#include <string>

#include "two_shards.hpp"

// What clients did not take, while sessions are waited for. No threads: two shards take turns.

namespace couplet::hub::test {

TEST_CASE("what a client did not take waits until all have their sessions, and goes before what they say then") {
  two_shards house;
  const auto given_back = [](const char* xml) {
    return route::message(route::failure(route::address(), route::address("a@b/0"), {}, xml));
  };
  house.whole.set_manager_anew();
  house.board(1).session_awaited();
  house.settle();
  house.take();
  house.board(1).to_manager(given_back("<first/>"));
  house.board(0).to_manager(given_back("<second/>"));
  house.board(0).to_manager(given_back(""));  // an end keeps nobody waiting
  house.settle();
  CHECK(house.take() == record{"manager 0: failure "});
  house.board(1).session_back();
  house.settle();
  auto heard = house.take();
  REQUIRE(heard.size() == 4);
  CHECK(heard[0].starts_with("manager 0: failure <"));
  CHECK(heard[1].starts_with("manager 0: failure <"));
  CHECK(heard[2].ends_with("hears sessions back"));
  house.board(1).to_manager(given_back("<third/>"));
  house.settle();
  CHECK(house.take() == record{"manager 0: failure <third/>"});
}

TEST_CASE("that sessions are back is not said where some are waited for again by then; what there is no room for does not wait") {
  two_shards house(300);
  const auto given_back = [](std::size_t bytes) {
    return route::message(route::failure(route::address(), route::address("a@b/0"), {}, std::string(bytes, 'x')));
  };
  house.whole.set_manager_anew();
  house.board(1).session_awaited();
  house.settle();
  house.take();
  house.board(0).to_manager(given_back(10));
  house.board(0).to_manager(given_back(1000));
  house.settle();
  CHECK(house.take() == record{"manager 0: failure " + std::string(1000, 'x')});
  house.board(1).session_back();
  CHECK(house.board(0).sessions_are_awaited());  // until what was kept is with the manager
  house.board(1).session_awaited();
  house.settle();
  CHECK(house.take().empty());
  house.board(1).session_back();
  house.settle();
  CHECK(house.take_sorted() ==
        record{"client 0 hears sessions back", "client 1 hears sessions back", "manager 0: failure " + std::string(10, 'x')});
  CHECK_FALSE(house.board(0).sessions_are_awaited());
}

TEST_CASE("what a client did not take waits no longer when the house is shut down") {
  two_shards house;
  const auto given_back = [] { return route::message(route::failure(route::address(), route::address("a@b/0"), {}, "<m/>")); };
  house.whole.set_manager_anew();
  house.board(0).session_awaited();
  house.settle();
  house.take();
  house.board(0).to_manager(given_back());
  house.settle();
  house.board(0).stop_keeping_back();
  CHECK(house.take() == record{"manager 0: failure <m/>"});
  house.board(0).to_manager(given_back());
  house.settle();
  CHECK(house.take() == record{"manager 0: failure <m/>"});
}

}  // namespace couplet::hub::test

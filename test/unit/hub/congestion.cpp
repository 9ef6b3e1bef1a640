#include <doctest/doctest.h>

#include <algorithm>

#include "two_shards.hpp"

// Back-pressure from the managers to those who read from clients: who asked and was told to wait is woken, always.

namespace couplet::hub::test {
namespace {

constexpr std::size_t budget = 10'000;

std::string big() {
  return "<m>" + std::string(budget, 'x') + "</m>";
}

std::size_t count_of(const record& r, const std::string& what) {
  return static_cast<std::size_t>(std::count(r.begin(), r.end(), what));
}

}  // namespace

TEST_CASE("a full manager's queue is seen on every shard, and its relief wakes all who read") {
  two_shards house(budget);
  CHECK_FALSE(house.board(0).manager_congested());
  house.board(0).to_manager(up(big(), 1));
  CHECK(house.board(0).manager_congested());
  CHECK(house.board(1).manager_congested());
  house.settle();
  const auto seen = house.take();
  CHECK(count_of(seen, "client 0 relieved") == 1);
  CHECK(count_of(seen, "client 1 relieved") == 1);
  CHECK(count_of(seen, "remote relieved") == 1);
  CHECK_FALSE(house.board(0).manager_congested());
}

TEST_CASE("no limit, or a queue below three quarters of it: nobody waits") {
  two_shards unlimited(0);
  unlimited.board(0).to_manager(up(big()));
  CHECK_FALSE(unlimited.board(0).manager_congested());

  two_shards house(budget);
  const auto fits = budget - budget / 4 - route::size_of(up(""));
  house.board(0).to_manager(up(std::string(fits, 'x')));
  CHECK_FALSE(house.board(0).manager_congested());
  house.board(0).to_manager(up(""));
  CHECK(house.board(0).manager_congested());
}

TEST_CASE("where nobody waits, nobody is woken; who was woken once is not woken again") {
  two_shards house(budget);
  house.board(0).to_manager(up(big()));
  house.settle();
  CHECK(count_of(house.take(), "client 0 relieved") == 0);
  house.board(0).to_manager(up(big()));
  CHECK(house.board(0).manager_congested());
  house.settle();
  CHECK(count_of(house.take(), "client 0 relieved") == 1);
  house.board(0).to_manager(up("<a/>"));
  house.settle();
  CHECK(count_of(house.take(), "client 0 relieved") == 0);
}

TEST_CASE("relief comes when the last of the managers has room again, not before") {
  two_shards house(budget);
  house.board(0).to_manager(up(big(), 0));
  house.board(0).to_manager(up(big(), 1));
  CHECK(house.board(0).manager_congested());
  house.first.io().poll();
  CHECK(count_of(house.take(), "client 0 relieved") == 0);
  house.settle();
  CHECK(count_of(house.take(), "client 0 relieved") == 1);
}

TEST_CASE("a manager that is itself congested holds the clients back until it says otherwise") {
  two_shards house(budget);
  house.whole.add_congested_manager();
  CHECK(house.board(1).manager_congested());
  house.board(1).to_manager(up(big()));
  house.settle();  // its queue is emptied, which is no relief yet
  CHECK(count_of(house.take(), "client 1 relieved") == 0);
  house.whole.remove_congested_manager();
  house.settle();
  const auto seen = house.take();
  CHECK(count_of(seen, "client 0 relieved") == 1);
  CHECK(count_of(seen, "client 1 relieved") == 1);
  CHECK(count_of(seen, "remote relieved") == 1);
}

TEST_CASE("no wake-up is lost between two reasons to wait") {
  two_shards house(budget);
  // The link is relieved while a queue is full: who waits may be woken too early, and asks again.
  house.whole.add_congested_manager();
  house.board(0).to_manager(up(big()));
  CHECK(house.board(0).manager_congested());
  house.whole.remove_congested_manager();
  CHECK(house.board(0).manager_congested());
  house.settle();
  CHECK(count_of(house.take(), "client 0 relieved") >= 1);
  CHECK_FALSE(house.board(0).manager_congested());

  // A queue fills again between the relief and the news of it.
  house.board(1).to_manager(up(big(), 1));
  CHECK(house.board(0).manager_congested());
  house.second.io().poll();  // relieved: shard 0 has not heard yet
  house.board(1).to_manager(up(big(), 1));
  CHECK(house.board(0).manager_congested());
  house.take();
  house.settle();
  CHECK(count_of(house.take(), "client 0 relieved") == 2);
}

TEST_CASE("a reader that waits whenever it is told to gets everything through") {
  // Shard 0 reads as a client does: it sends one message, looks, and waits for the relief where it must.
  two_shards house(budget);
  int sent = 0;
  std::size_t largest = 0;
  bool waits = false;
  for (int turn = 0; turn < 1000 && sent < 100; ++turn) {
    while (!waits && sent < 100) {
      house.board(0).to_manager(up(std::string(2000, 'x'), sent++ % 2));
      waits = house.board(0).manager_congested();
    }
    largest = std::max(largest, static_cast<std::size_t>(sent));
    (turn % 2 == 0 ? house.first : house.second).io().poll();
    if (count_of(house.seen, "client 0 relieved") != 0) waits = false;
    std::erase(house.seen, "client 0 relieved");
  }
  house.settle();
  CHECK(sent == 100);
  std::size_t arrived = 0;
  for (const auto& line : house.take()) arrived += line.starts_with("manager") ? 1U : 0U;
  CHECK(arrived == 100);
}

}  // namespace couplet::hub::test

#include "link/assignment.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "route/client_id.hpp"

using couplet::link::assignment;

namespace {

constexpr std::size_t users = 3000;

std::string user(std::size_t n) {
  return "user" + std::to_string(n) + "@example.org";
}

std::uint64_t client(std::uint32_t slot, std::uint8_t shard = 0, std::uint32_t generation = 5) {
  return couplet::route::client_id{shard, slot, generation}.packed();
}

assignment three(std::uint32_t working = 7) {
  assignment a({"a.example:5347", "b.example:5347", "c.example:5347"});
  for (std::size_t i = 0; i < 3; ++i) a.set_working(i, ((working >> i) & 1U) != 0);
  return a;
}

/// Each user with one session.
assignment full(std::uint32_t working = 7) {
  auto a = three(working);
  for (std::uint32_t n = 0; n < users; ++n) a.on_session_start(client(n, n % 2), user(n));
  return a;
}

}  // namespace

TEST_CASE("spread: each manager has about its share, whatever the order of the list") {
  const auto a = three();
  assignment other({"c.example:5347", "a.example:5347", "b.example:5347"});
  for (std::size_t i = 0; i < 3; ++i) other.set_working(i, true);
  std::map<std::size_t, std::size_t> count;
  for (std::size_t n = 0; n < users; ++n) {
    const auto here = a.of_user(user(n));
    CHECK(here == (other.of_user(user(n)) + 2) % 3);
    ++count[here];
  }
  for (std::size_t i = 0; i < 3; ++i) CHECK(count[i] > users / 3 - users / 20);
}

TEST_CASE("spread: one that leaves moves its own users only, and to all others") {
  const auto before = three();
  const auto after = three(5);
  std::map<std::size_t, std::size_t> moved;
  for (std::size_t n = 0; n < users; ++n) {
    if (before.of_user(user(n)) == 1) {
      ++moved[after.of_user(user(n))];
    } else {
      CHECK(after.of_user(user(n)) == before.of_user(user(n)));
    }
  }
  CHECK(moved.size() == 2);
  for (const auto& [to, count] : moved) CHECK(count > users / 8);
}

TEST_CASE("spread: a client belongs to the manager that was asked for its session") {
  auto a = three();
  const auto where = a.on_session_start(client(3, 1), user(1));
  CHECK(where == a.of_user(user(1)));
  CHECK(a.of_client(client(3, 1)) == where);
  CHECK(a.of_client(client(3, 0)) == assignment::nobody);
  CHECK(a.of_client(client(3, 1, 6)) == assignment::nobody);  // somebody else on that seat
  CHECK(a.of_client(client(4, 1)) == assignment::nobody);
  CHECK(a.sessions_at(where) == 1);
  CHECK(a.clients_of(where) == std::vector<std::uint64_t>{client(3, 1)});
  a.on_session_end(client(3, 1));
  CHECK(a.sessions_at(where) == 0);
  CHECK(a.of_client(client(3, 1)) == where);  // what still comes of it
}

TEST_CASE("spread: those of a manager that was left are between two until they ask, and no others") {
  auto a = full();
  const auto others = a.sessions_at(0) + a.sessions_at(2);
  a.set_working(1, false);
  const auto gone = a.take_clients_of(1);
  CHECK(gone.size() == users - others);
  for (const auto id : gone) CHECK(a.of_client(id) == assignment::nobody);
  CHECK(a.take_clients_of(1).empty());
  for (std::uint32_t n = 0; n < users; ++n) {
    if (a.of_client(client(n, n % 2)) == assignment::nobody) CHECK(a.on_session_start(client(n, n % 2), user(n)) != 1);
  }
  CHECK(a.sessions_at(0) + a.sessions_at(2) == users);
}

TEST_CASE("spread: the sessions of a user stay together until the last has ended; then he goes where he belongs") {
  auto a = three(5);
  std::size_t n = 0;
  while (three().of_user(user(n)) != 1) ++n;  // one who belongs to the manager that is not there
  const auto there = a.on_session_start(client(1), user(n));
  a.set_working(1, true);
  CHECK(a.of_user(user(n)) == there);
  CHECK(a.on_session_start(client(2), user(n)) == there);
  a.on_session_end(client(1));
  a.on_session_end(client(1));  // twice is once
  CHECK(a.of_user(user(n)) == there);
  a.on_session_end(client(2));
  CHECK(a.of_user(user(n)) == 1);
  CHECK(a.on_session_start(client(3), user(n)) == 1);
}

TEST_CASE("spread: while his manager is away, a user is refused rather than split") {
  auto a = full();
  const auto his = a.of_user(user(7));
  a.set_working(his, false);
  CHECK(a.of_user(user(7)) == assignment::nobody);
  std::size_t stranger = users;  // who has no session
  CHECK(a.of_user(user(stranger)) != assignment::nobody);
  a.take_clients_of(his);
  CHECK(a.of_user(user(7)) != assignment::nobody);
}

TEST_CASE("spread: a seat that is taken by another client counts for the new one alone") {
  auto a = three();
  a.on_session_start(client(1, 0, 5), user(1));
  a.on_session_start(client(1, 0, 6), user(2));
  std::size_t all = 0;
  for (std::size_t i = 0; i < 3; ++i) all += a.sessions_at(i);
  CHECK(all == 1);
  a.on_session_start(client(1, 0, 6), user(2));  // asked again
  a.on_session_end(client(1, 0, 6));
  for (std::size_t i = 0; i < 3; ++i) CHECK(a.sessions_at(i) == 0);
}

TEST_CASE("spread: where none works, those who ask are remembered, once") {
  auto a = three(0);
  CHECK_FALSE(a.any_works());
  CHECK(a.on_question(client(9), user(9)) == assignment::nobody);
  CHECK(a.on_session_start(client(1), user(1)) == assignment::nobody);
  CHECK(a.of_client(client(1)) == assignment::nobody);
  a.set_working(2, true);
  CHECK(a.take_refused() == std::vector<std::uint64_t>{client(1)});
  CHECK(a.take_refused().empty());
  CHECK(a.on_session_start(client(1), user(1)) == 2);
}

TEST_CASE("spread: who logs in belongs to a manager's clients before he has a session") {
  auto a = three();
  const auto asked = a.on_question(client(1), user(1));
  CHECK(a.clients_of(asked) == std::vector<std::uint64_t>{client(1)});
  CHECK(a.sessions_at(asked) == 0);
  CHECK(a.on_session_start(client(1), user(1)) == asked);
}

#include "component/waiting_room.hpp"

#include <doctest/doctest.h>

namespace couplet::component {
namespace {

using namespace std::chrono_literals;
using texts = std::vector<std::string>;

const base::time_point start = base::time_point{} + 1h;

bool put(waiting_room& room, std::string_view name, const char* xml, base::time_point until) {
  return room.put({name, name}, xml, until);
}

/// How many stanzas of 100 bytes the room takes for it.
int fill(waiting_room& room, std::string_view name, std::string_view entry) {
  int taken = 0;
  while (taken < 100'000 && room.put({name, entry}, std::string(100, 'x'), start)) ++taken;
  return taken;
}

}  // namespace

TEST_CASE("waiting room: what waits for a name comes out in its order, and nothing else") {
  waiting_room room(1'000'000);
  CHECK(put(room, "a", "<1/>", start));
  CHECK(put(room, "b", "<2/>", start));
  CHECK(put(room, "a", "<3/>", start));
  CHECK(room.bytes_for("a") == 8);
  CHECK(room.names() == texts{"a", "b"});
  CHECK(room.take("a") == texts{"<1/>", "<3/>"});
  CHECK(room.take("a").empty());
  CHECK(room.take("c").empty());
  CHECK(room.take("b") == texts{"<2/>"});
  CHECK(room.bytes() == 0);
  CHECK_FALSE(room.next_due());
}

TEST_CASE("waiting room: by the clock, each until its own time and not a moment before") {
  waiting_room room(1'000'000);
  put(room, "a", "<1/>", start + 10s);
  put(room, "b", "<2/>", start + 11s);
  put(room, "a", "<3/>", start + 12s);
  REQUIRE(room.next_due());
  CHECK(*room.next_due() == start + 10s);
  CHECK(room.take_due(start + 9s).empty());
  CHECK(room.take_due(start + 10s) == texts{"<1/>"});
  CHECK(*room.next_due() == start + 11s);
  CHECK(room.take_due(start + 60s) == texts{"<2/>", "<3/>"});
  CHECK(room.bytes() == 0);
  CHECK_FALSE(room.next_due());
}

TEST_CASE("waiting room: no more bytes than it may hold, of all names together, and room again when somebody left") {
  waiting_room room(1000);
  const std::string big(300, 'x');
  CHECK(put(room, "a", big.c_str(), start));
  CHECK(put(room, "b", big.c_str(), start));
  CHECK_FALSE(put(room, "c", big.c_str(), start));
  CHECK(room.names() == texts{"a", "b"});
  room.take("a");
  CHECK(put(room, "c", big.c_str(), start));
  CHECK(room.bytes() <= 1000);
  waiting_room none(0);
  CHECK_FALSE(put(none, "a", "<1/>", start));
}

TEST_CASE("waiting room: what a connection was not given stands in front of what came after it") {
  waiting_room room(200);
  put(room, "a", "<3/>", start + 5s);
  room.put_back("a", {"<1/>", "<2/>"}, start + 10s);
  // It keeps nobody behind it longer than he would have waited.
  CHECK(*room.next_due() == start + 5s);
  CHECK(room.take("a") == texts{"<1/>", "<2/>", "<3/>"});
  CHECK(room.bytes() == 0);
  room.put_back("b", {}, start);
  CHECK(room.names().empty());
  // One that lost much takes no room from others.
  room.put_back("b", {std::string(1000, 'x')}, start);
  CHECK(room.bytes_for("b") == 1000);
  CHECK(put(room, "c", "<1/>", start));
  CHECK(room.take_all().size() == 2);
  CHECK(room.bytes() == 0);
}

TEST_CASE("waiting room: whoever comes first leaves room for those who come later, and has more of it again when they are gone") {
  waiting_room room(1'000'000);
  const auto half = fill(room, "a", "a");
  CHECK(room.bytes() == doctest::Approx(500'000).epsilon(0.01));
  CHECK(fill(room, "b", "b") == doctest::Approx(half / 2).epsilon(0.01));
  CHECK(fill(room, "c", "c") == doctest::Approx(half / 4).epsilon(0.01));
  CHECK(put(room, "d", std::string(50'000, 'x').c_str(), start));
  CHECK(fill(room, "a", "a") == 0);
  room.take("b");
  CHECK(fill(room, "a", "a") == 0);
  CHECK(fill(room, "c", "c") > 0);
  room.take("c");
  room.take_due(start);
  CHECK(room.bytes() == 0);
  CHECK(fill(room, "b", "b") == half);
}

TEST_CASE("waiting room: the names that one wildcard lets in are one, however many they are") {
  waiting_room room(1'000'000);
  int taken = 0;
  for (int n = 0; n < 100; ++n) taken += fill(room, std::to_string(100 + n) + ".bots", "*.bots");
  waiting_room other(1'000'000);
  CHECK(taken == fill(other, "100.bots", "100.bots"));
  CHECK(fill(room, "somebody", "somebody") == doctest::Approx(taken / 2).epsilon(0.01));
  // Of what goes each has what it took.
  room.take("100.bots");
  CHECK(fill(room, "101.bots", "*.bots") > 0);
  room.take_all();
  CHECK(room.bytes() == 0);
  CHECK(fill(room, "199.bots", "*.bots") == taken);
}

TEST_CASE(
    "waiting room: what is put back counts against the name that did not take it, so that there is no more and more of it") {
  waiting_room room(1'000'000);
  room.put_back("a", {std::string(900'000, 'x')}, start + 1s);
  const auto taken = fill(room, "a", "a");
  waiting_room other(1'000'000);
  const auto alone = fill(other, "a", "a");
  CHECK(taken == doctest::Approx(alone / 10).epsilon(0.05));
  // It takes nothing from others, of the same entry either.
  CHECK(room.put({"sibling", "a"}, "<1/>", start));
  room.take("sibling");
  CHECK(fill(room, "b", "b") == doctest::Approx((alone * 2 - taken) / 2).epsilon(0.02));
  room.take("b");
  auto again = room.take("a");
  CHECK(again.size() == static_cast<std::size_t>(taken) + 1);
  room.put_back("a", std::move(again), start + 1s);
  CHECK(fill(room, "a", "a") < taken);
  room.take_all();
  CHECK(room.bytes() == 0);
  CHECK(fill(room, "a", "a") == alone);
}

TEST_CASE("waiting room: with 10,000 names in it, who is next is known without looking at the others") {
  constexpr int names = 10'000;
  waiting_room room(100'000'000);
  const auto name = [](int n) { return std::to_string(n) + ".bots"; };
  for (int n = 0; n < names; ++n) {
    REQUIRE(put(room, name(n), "<1/>", start + n * 1ms));
    REQUIRE(room.next_due());
  }
  CHECK(room.looks() <= names);
  const auto before = room.looks();
  // Those that come, go, or are given back to, in whatever place.
  CHECK(room.take(name(0)).size() == 1);
  CHECK(*room.next_due() == start + 1ms);
  room.put_back(name(5000), {"<0/>"}, start);
  CHECK(*room.next_due() == start);
  CHECK(room.take_due(start) == texts{"<0/>"});
  CHECK(*room.next_due() == start + 1ms);
  CHECK(room.take_due(start + 10ms).size() == 10);
  CHECK(*room.next_due() == start + 11ms);
  CHECK(room.looks() - before <= 20);
  // And all of them cost one look each, and no more for the end.
  CHECK(room.take_all().size() == names - 11);
  CHECK(room.looks() - before <= names + 20);
}

}  // namespace couplet::component

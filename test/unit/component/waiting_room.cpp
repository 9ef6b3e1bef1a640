#include "component/waiting_room.hpp"

#include <doctest/doctest.h>

namespace couplet::component {
namespace {

using namespace std::chrono_literals;
using texts = std::vector<std::string>;

const base::time_point start = base::time_point{} + 1h;

bool put(waiting_room& room, std::string_view name, const char* xml, base::time_point until) {
  return room.put(name, xml, until);
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
  CHECK(room.take_due(start + 60s) == texts{"<3/>", "<2/>"});
  CHECK(room.bytes() == 0);
  CHECK_FALSE(room.next_due());
}

TEST_CASE("waiting room: no more bytes than it may hold, of all names together, and room again when somebody left") {
  waiting_room room(1000);
  const std::string big(300, 'x');
  CHECK(room.put("a", big, start));
  CHECK(room.put("b", big, start));
  CHECK_FALSE(room.put("c", big, start));
  CHECK(room.names() == texts{"a", "b"});
  room.take("a");
  CHECK(room.put("c", big, start));
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

}  // namespace couplet::component

#include "../../../source/base/log_queue.hpp"

#include <doctest/doctest.h>

#include <string>
#include <thread>

using couplet::base::log::line_queue;

using std::chrono::milliseconds;

TEST_CASE("lines wait in order, and go out together") {
  line_queue q;
  CHECK_FALSE(q.put("nobody writes yet"));
  q.open();
  CHECK(q.put("one"));
  CHECK(q.put("two"));
  std::string lines;
  std::uint64_t lost = 7;
  REQUIRE(q.take(lines, lost));
  CHECK(lines == "one\ntwo\n");
  CHECK(lost == 0);
  q.written();
  CHECK(q.close(milliseconds(0)));
  CHECK_FALSE(q.take(lines, lost));
  CHECK_FALSE(q.put("nobody writes any more"));
}

TEST_CASE("what finds no room is counted, and none is taken behind it before that was told") {
  line_queue q;
  q.open();
  const std::string line(999, 'x');
  const std::size_t fit = line_queue::most_bytes / 1000;
  for (std::size_t i = 0; i < fit; ++i) q.put(line);
  for (int i = 0; i < 5; ++i) q.put(line);
  q.put("short, it would fit");
  std::string lines;
  std::uint64_t lost = 0;
  REQUIRE(q.take(lines, lost));
  CHECK(lines.size() == fit * 1000);
  CHECK(lost == 6);
  CHECK(q.put("room again"));
  q.written();
  REQUIRE(q.take(lines, lost));
  CHECK(lines == "room again\n");
  CHECK(lost == 0);
}

TEST_CASE("an end that nobody lets write is bounded, and what comes later is lost") {
  line_queue q;
  q.open();
  q.put("taken");
  std::string lines;
  std::uint64_t lost = 0;
  REQUIRE(q.take(lines, lost));
  CHECK_FALSE(q.close(milliseconds(0)));
  CHECK(q.put("nobody waits for this"));
  q.written();
  CHECK_FALSE(q.take(lines, lost));
}

TEST_CASE("the end waits for the writer") {
  line_queue q;
  q.open();
  q.put("line");
  std::string all;
  std::thread writer([&] {
    std::string lines;
    for (std::uint64_t lost = 0; q.take(lines, lost); q.written()) all += lines;
  });
  CHECK(q.close(std::chrono::seconds(60)));
  writer.join();
  CHECK(all == "line\n");
}

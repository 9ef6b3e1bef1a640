#include "base/date_time.hpp"

#include <doctest/doctest.h>

#include <utility>

using namespace couplet::base;

TEST_CASE("date and time: XEP-0082 section 3.2") {
  const std::pair<const char*, std::int64_t> rows[] = {
      {"1969-07-21T02:56:15Z", -14'159'025'000},
      {"1969-07-20T21:56:15-05:00", -14'159'025'000},
      {"1970-01-01T00:00:00Z", 0},
      {"1970-01-01T00:00:00.5Z", 500},
      {"1970-01-01T00:00:00.1239Z", 123},
      {"1970-01-01T05:30:00+05:30", 0},
      {"2000-02-29T23:59:60Z", 951'868'800'000},
      {"2026-11-26T15:04:08.123Z", 1'795'705'448'123},
  };
  for (const auto& [text, value] : rows) {
    CAPTURE(text);
    CHECK(from_date_time(text) == value);
  }
  for (const auto* bad : {"", "now", "2026-11-26", "2026-11-26T15:04:08", "2026-11-26 15:04:08Z", "2026-13-26T15:04:08Z",
                          "2026-02-30T15:04:08Z", "2026-11-26T24:04:08Z", "2026-11-26T15:60:08Z", "2026-11-26T15:04:61Z",
                          "2026-11-26T15:04:08.Z", "2026-11-26T15:04:08+0100", "2026-11-26T15:04:08Z ", "-026-11-26T15:04:08Z",
                          "2026-11-26T15:04:08+24:00", "20026-11-26T15:04:08Z"}) {
    CAPTURE(bad);
    CHECK(from_date_time(bad) == std::nullopt);
  }
  CHECK(to_date_time(0) == "1970-01-01T00:00:00.000Z");
  CHECK(to_date_time(-1) == "1969-12-31T23:59:59.999Z");
  CHECK(to_date_time(1'795'705'448'123) == "2026-11-26T15:04:08.123Z");
  for (const std::int64_t t : {-14'159'025'001LL, 951'868'799'999LL, 1'795'705'448'123LL})
    CHECK(from_date_time(to_date_time(t)) == t);
}

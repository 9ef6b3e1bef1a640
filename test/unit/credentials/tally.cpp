#include "credentials/tally.hpp"

#include <doctest/doctest.h>

#include <string>

#include "base/log.hpp"

using namespace couplet;
using credentials::tally;
using namespace std::chrono_literals;
using verdict = sasl::answer::verdict;

namespace {

std::string caught;

struct caught_log {
  caught_log() {
    caught.clear();
    base::log::set_sink([](std::string_view line) { caught.append(line.substr(line.find(' ') + 1)).append("\n"); });
  }
  ~caught_log() { base::log::set_sink(nullptr); }
};

std::string take() {
  return std::exchange(caught, {});
}

const base::time_point start{std::chrono::hours(1)};
const std::string warning =
    "warning what checks the passwords does not answer; logins fail meanwhile back_end=\"http\" why=\"timeout\"\n";
const std::string info = "info what checks the passwords answers again back_end=\"http\"\n";

}  // namespace

TEST_CASE("tally: counts") {
  const caught_log log;
  tally t("http");
  for (int i = 0; i < 6; ++i) t.asked();
  t.answered(verdict::right, {}, start);
  t.answered(verdict::right, {}, start);
  t.answered(verdict::wrong, {}, start);
  t.answered(verdict::unavailable, "timeout", start);
  t.answered(verdict::keys, {}, start);
  const auto c = t.so_far();
  CHECK(c.asked == 6);
  CHECK(c.right == 2);
  CHECK(c.wrong == 1);
  CHECK(c.unavailable == 1);
  CHECK(c.keys == 1);
}

TEST_CASE("SECURITY 14, tally: one warning when a back end goes away, one line when it is back") {
  const caught_log log;
  tally t("http");
  t.answered(verdict::right, {}, start);
  CHECK(take().empty());
  t.answered(verdict::unavailable, "timeout", start + 1s);
  CHECK(take() == warning);
  for (int i = 2; i < 1000; ++i) t.answered(verdict::unavailable, "timeout", start + std::chrono::seconds(i));
  CHECK(take().empty());
  t.answered(verdict::wrong, {}, start + 1000s);
  CHECK(take() == info);
  t.answered(verdict::right, {}, start + 1000s);
  CHECK(take().empty());
}

TEST_CASE("tally: a back end that comes and goes is warned of once a minute, and never forgotten") {
  const caught_log log;
  tally t("http");
  t.answered(verdict::unavailable, "timeout", start);
  t.answered(verdict::right, {}, start + 1s);
  CHECK(take() == warning + info);
  for (int i = 2; i < 60; ++i) {
    t.answered(verdict::unavailable, "timeout", start + std::chrono::seconds(i));
    t.answered(verdict::right, {}, start + std::chrono::seconds(i));
  }
  CHECK(take().empty());
  t.answered(verdict::unavailable, "timeout", start + 59s);
  t.answered(verdict::unavailable, "timeout", start + 60s);
  CHECK(take() == warning);
}

TEST_CASE("tally: at the end there is silence, and it still counts") {
  const caught_log log;
  tally t("http");
  t.fall_silent();
  t.answered(verdict::unavailable, "stopped", start);
  CHECK(take().empty());
  CHECK(t.so_far().unavailable == 1);
}

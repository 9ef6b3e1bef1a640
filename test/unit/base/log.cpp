#include "base/log.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "base/utf8.hpp"

namespace log = couplet::base::log;

namespace {

std::vector<std::string> lines;
void catch_line(std::string_view line) {
  lines.emplace_back(line);
}

/// Catches the lines of one test, and puts the log back as it was.
struct caught {
  explicit caught(log::format f) {
    lines.clear();
    log::set_format(f);
    log::set_sink(catch_line);
  }
  ~caught() {
    log::set_sink(nullptr);
    log::set_format(log::format::text);
    log::set_level(log::level::info);
  }
  caught(const caught&) = delete;
  caught& operator=(const caught&) = delete;
};

std::string escaped(std::string_view text) {
  std::string out;
  log::append_escaped(out, text);
  return out;
}

/// The line without its time, which must have the shape of one.
std::string after_time(std::string_view line, std::size_t begin) {
  constexpr std::string_view shape = "dddd-dd-ddTdd:dd:dd.dddZ";
  REQUIRE(line.size() > begin + shape.size());
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const char c = line[begin + i];
    const bool fits = shape[i] == 'd' ? (c >= '0' && c <= '9') : c == shape[i];
    CHECK(fits);
  }
  return std::string(line.substr(begin + shape.size()));
}

}  // namespace

TEST_CASE("a line as text") {
  const caught c(log::format::text);
  log::info("client gone", {{"who", "a@b/c"}, {"bytes", std::uint64_t{18446744073709551615U}}, {"left", -1}});
  log::warning("bare");
  REQUIRE(lines.size() == 2);
  CHECK(after_time(lines[0], 0) == " info client gone who=\"a@b/c\" bytes=\"18446744073709551615\" left=\"-1\"");
  CHECK(after_time(lines[1], 0) == " warning bare");
}

TEST_CASE("a line as JSON") {
  const caught c(log::format::json);
  log::error("it \"broke\"", {{"who", "a\nb"}, {"port", std::uint16_t{5222}}});
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].starts_with("{\"time\":\""));
  CHECK(after_time(lines[0], 9) == R"(","level":"error","text":"it \"broke\"","who":"a\nb","port":5222})");
}

TEST_CASE("what is below the level is not written") {
  const caught c(log::format::text);
  log::debug("hidden");
  CHECK(lines.empty());
  log::set_level(log::level::debug);
  log::debug("shown");
  CHECK(lines.size() == 1);
  log::set_level(log::level::error);
  log::warning("hidden");
  log::error("shown");
  CHECK(lines.size() == 2);
  log::set_level(log::level::off);
  log::error("hidden");
  log::write(log::level::off, "hidden");
  CHECK(lines.size() == 2);
  CHECK_FALSE(log::enabled(log::level::error));
}

TEST_CASE("nothing from outside leaves its quotes (SECURITY 45)") {
  CHECK(escaped("plain \xc3\xa4 \xf0\x9f\x93\xb1") == "plain \xc3\xa4 \xf0\x9f\x93\xb1");
  CHECK(escaped("a\r\n2026-01-01T00:00:00.000Z error forged") == "a\\r\\n2026-01-01T00:00:00.000Z error forged");
  CHECK(escaped("\" admin=\"yes") == "\\\" admin=\\\"yes");
  CHECK(escaped("\\\"") == "\\\\\\\"");
  CHECK(escaped("\x1b[31mred\x07\x7f\t") == "\\u001b[31mred\\u0007\\u007f\\t");
  CHECK(escaped(std::string_view("\0", 1)) == "\\u0000");
  CHECK(escaped("\xc2\x9b[2J") == "\\u009b[2J");                                      // C1: CSI
  CHECK(escaped("\xe2\x80\xa8\xe2\x80\xae\xe2\x81\xa6") == "\\u2028\\u202e\\u2066");  // separators, overrides
  CHECK(escaped("\xe2\x80\x8b\xef\xbb\xbf\xc2\xad") == "\\u200b\\ufeff\\u00ad");      // no width
  CHECK(escaped("\xff\xc3(\xed\xa0\x80") == "\\ufffd\\ufffd(\\ufffd\\ufffd\\ufffd");
}

TEST_CASE("whatever the value, a line is one line of UTF-8 with balanced quotes") {
  for (const auto f : {log::format::text, log::format::json}) {
    const caught c(f);
    for (int first = 0; first < 256; ++first) {
      for (const int second : {0x00, 0x22, 0x5c, 0x0a, 0x61, 0x80, 0x9b, 0xff}) {
        const std::string value{static_cast<char>(first), static_cast<char>(second)};
        log::info("t", {{"v", value}});
      }
    }
    REQUIRE(lines.size() == 256 * 8);
    for (const auto& line : lines) {
      CHECK(couplet::base::is_utf8(line));
      bool quoted = false;
      for (std::size_t i = 0; i < line.size(); ++i) {
        if (static_cast<unsigned char>(line[i]) < 0x20 || line[i] == 0x7f) FAIL("a control character in: " << line);
        if (line[i] == '\\') {
          ++i;
        } else if (line[i] == '"') {
          quoted = !quoted;
        }
      }
      CHECK_FALSE(quoted);
    }
  }
}

TEST_CASE("a long value is cut between characters and says so") {
  const caught c(log::format::text);
  log::info("t", {{"v", std::string(100'000, 'x')}});
  log::info("t", {{"v", std::string(1023, 'x') + "\xe2\x82\xac"}});
  log::info("t", {{"v", std::string(1024, 'x')}});
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].ends_with(" v=\"" + std::string(1024, 'x') + "...\""));
  CHECK(lines[1].ends_with(" v=\"" + std::string(1023, 'x') + "...\""));
  CHECK(lines[2].ends_with(" v=\"" + std::string(1024, 'x') + "\""));
}

TEST_CASE("lines of several threads arrive whole on standard error") {
  int ends[2];
  REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
  const int saved = dup(STDERR_FILENO);
  REQUIRE(dup2(ends[1], STDERR_FILENO) == STDERR_FILENO);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([] {
      for (int i = 0; i < 50; ++i) log::info("parallel", {{"v", std::string(100, 'v')}});
    });
  }
  for (auto& t : threads) t.join();
  dup2(saved, STDERR_FILENO);
  close(saved);
  close(ends[1]);
  std::string all;
  char buffer[4096];
  for (ssize_t got = 0; (got = read(ends[0], buffer, sizeof buffer)) > 0;) all.append(buffer, static_cast<std::size_t>(got));
  close(ends[0]);
  std::size_t whole = 0;
  for (std::size_t at = 0; at < all.size(); ++whole) {
    const auto end = all.find('\n', at);
    REQUIRE(end != std::string::npos);
    CHECK(all.substr(at, end - at).ends_with(" info parallel v=\"" + std::string(100, 'v') + "\""));
    at = end + 1;
  }
  CHECK(whole == 200);
}

#include "times.hpp"

#include <array>
#include <chrono>
#include <cstdio>

#include "der.hpp"
#include "tls/certificate.hpp"

namespace couplet::tls {

namespace {

using std::chrono::days;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::year_month_day;

/// Two digits; -1: not digits.
int two_digits(std::string_view text, std::size_t at) noexcept {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return digit(text[at]) && digit(text[at + 1]) ? (text[at] - '0') * 10 + (text[at + 1] - '0') : -1;
}

std::optional<std::int64_t> to_unix(int year, std::string_view rest) noexcept {
  const int month = two_digits(rest, 0), day = two_digits(rest, 2);
  const int hour = two_digits(rest, 4), minute = two_digits(rest, 6), second = two_digits(rest, 8);
  if (rest[10] != 'Z' || month < 1 || day < 1 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
      second > 59) {
    return std::nullopt;
  }
  const year_month_day date(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                            std::chrono::day(static_cast<unsigned>(day)));
  if (!date.ok()) return std::nullopt;
  const auto midnight = std::chrono::duration_cast<seconds>(sys_days(date).time_since_epoch());
  return midnight.count() + hour * 3600 + minute * 60 + second;
}

struct broken_down {
  int year, month, day, hour, minute, second;
};

broken_down break_down(std::int64_t unix_time) {
  const auto time = std::chrono::sys_seconds(seconds(unix_time));
  const auto day = std::chrono::floor<days>(time);
  const year_month_day date(day);
  const auto left = static_cast<int>((time - day).count());
  return {static_cast<int>(date.year()),
          static_cast<int>(static_cast<unsigned>(date.month())),
          static_cast<int>(static_cast<unsigned>(date.day())),
          left / 3600,
          left / 60 % 60,
          left % 60};
}

}  // namespace

std::optional<std::int64_t> read_time(std::uint8_t tag, std::string_view text) noexcept {
  constexpr std::size_t utc_size = 13, generalized_size = 15;
  if (tag == der::utc_time && text.size() == utc_size) {
    const int year = two_digits(text, 0);
    if (year < 0) return std::nullopt;
    return to_unix(year < 50 ? 2000 + year : 1900 + year, text.substr(2));
  }
  if (tag == der::generalized_time && text.size() == generalized_size) {
    const int century = two_digits(text, 0), year = two_digits(text, 2);
    if (century < 0 || year < 0) return std::nullopt;
    return to_unix(century * 100 + year, text.substr(4));
  }
  return std::nullopt;
}

std::string time_digits(std::int64_t unix_time) {
  const auto t = break_down(unix_time);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d%02d%02d%02d%02d%02dZ", t.year, t.month, t.day, t.hour, t.minute, t.second);
  return text.data();
}

std::string date_text(std::int64_t unix_time) {
  const auto t = break_down(unix_time);
  std::array<char, 80> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02d %02d:%02d:%02d UTC", t.year, t.month, t.day, t.hour, t.minute,
                t.second);
  return text.data();
}

}  // namespace couplet::tls

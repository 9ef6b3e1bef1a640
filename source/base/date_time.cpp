#include "base/date_time.hpp"

#include <charconv>
#include <chrono>
#include <cstdio>

namespace couplet::base {
namespace {

using days_since_1970 = std::chrono::sys_days;

/// Takes exactly `digits` of them from the front; -1: there are none.
int take_number(std::string_view& text, std::size_t digits) noexcept {
  int value = -1;
  const auto part = text.substr(0, digits);
  if (part.size() != digits || part.find_first_not_of("0123456789") != std::string_view::npos) return -1;
  std::from_chars(part.data(), part.data() + part.size(), value);
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char c) noexcept {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

/// Beyond milliseconds nothing counts.
std::optional<int> take_fraction(std::string_view& text) noexcept {
  if (!take(text, '.')) return 0;
  const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < 3; ++i) value = value * 10 + (i < digits ? text[i] - '0' : 0);
  text.remove_prefix(digits);
  return value;
}

std::optional<std::chrono::minutes> take_zone(std::string_view& text) noexcept {
  if (take(text, 'Z')) return std::chrono::minutes(0);
  const int sign = take(text, '+') ? 1 : take(text, '-') ? -1 : 0;
  if (sign == 0) return std::nullopt;
  const int hours = take_number(text, 2);
  const bool colon = take(text, ':');
  const int minutes = take_number(text, 2);
  if (!colon || hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
  return std::chrono::minutes(sign * (hours * 60 + minutes));
}

}  // namespace

std::string to_date_time(std::int64_t milliseconds) {
  const std::chrono::sys_time<std::chrono::milliseconds> when{std::chrono::milliseconds(milliseconds)};
  const auto day = std::chrono::floor<std::chrono::days>(when);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(when - day);
  char text[64];
  const int size = std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                                 static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                                 static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                                 static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()));
  return std::string(text, static_cast<std::size_t>(size));
}

std::optional<std::int64_t> from_date_time(std::string_view text) noexcept {
  const int year = take_number(text, 4);
  bool good = take(text, '-');
  const int month = take_number(text, 2);
  good = take(text, '-') && good;
  const int day = take_number(text, 2);
  good = take(text, 'T') && good;
  const int hours = take_number(text, 2);
  good = take(text, ':') && good;
  const int minutes = take_number(text, 2);
  good = take(text, ':') && good;
  const int seconds = take_number(text, 2);
  if (!good || year < 0 || month < 0 || day < 0 || hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
  if (seconds < 0 || seconds > 60) return std::nullopt;  // a leap second is the first of the next minute
  const auto fraction = take_fraction(text);
  const auto zone = fraction ? take_zone(text) : std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!zone || !text.empty() || !date.ok()) return std::nullopt;
  const auto when = days_since_1970(date) + std::chrono::hours(hours) + std::chrono::minutes(minutes) +
                    std::chrono::seconds(seconds) - *zone + std::chrono::milliseconds(*fraction);
  return std::chrono::duration_cast<std::chrono::milliseconds>(when.time_since_epoch()).count();
}

}  // namespace couplet::base

#pragma once

#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>

namespace couplet::base::log {

/// How much a line matters. As a threshold it lets through itself and what is above it.
enum class level : unsigned char {
  debug,    ///< what a developer looks for
  info,     ///< the usual course of things: starts, ends, links
  warning,  ///< somebody should look at it; the service goes on
  error,    ///< something failed that should not: a bug, or no resources
  off,      ///< only as a threshold: nothing is written
};
/// One line of text for people, or one JSON object a line for programs; see write().
enum class format : unsigned char { text, json };

/// A name and a value of a log line. Values are escaped when they are written: no line break, control
/// character or quote from outside ever reaches the log as such; what is longer than max_value_bytes is cut and ends in "...".
/// The name is a constant of the program. Never give it a secret.
struct field {
  field(std::string_view name_, std::string_view value_) : name(name_), value(value_) {}
  template <std::integral number>
  field(std::string_view name_, number value_) : name(name_), value(std::to_string(value_)), is_number(true) {}
  std::string_view name;
  std::string value;
  bool is_number = false;  ///< written without quotes in JSON
};

/// Of a field, before it is escaped.
inline constexpr std::size_t max_value_bytes = 1024;

/// What is below `lowest` is not written from now on. At any time, from any thread; so is set_format.
void set_level(level lowest) noexcept;
void set_format(format f) noexcept;
level lowest_level() noexcept;
/// Whether a line of this level is written: to ask before its fields are made, where they cost something. Not for level::off.
inline bool enabled(level l) noexcept {
  return l >= lowest_level();
}

/// One line to standard error in one write: time (UTC), level, text, then the fields. From any thread. At first the level is
/// info and the format text:
///
///     2026-01-02T03:04:05.678Z info text name="value"
///     {"time":"2026-01-02T03:04:05.678Z","level":"info","text":"text","name":"value"}
///
/// `text` is a constant of the program. A line that cannot be written is lost: there is nobody left to tell. Who must not wait for a
/// slow reader of the log has a background_writer (base/log_writer.hpp).
void write(level l, std::string_view text, std::initializer_list<field> fields = {});

/// A line without time and level, whatever the level is, in its place among the others: the last word of a program, say.
void write_as_it_is(std::string_view text);

/// write() at one level each.
inline void debug(std::string_view text, std::initializer_list<field> fields = {}) {
  write(level::debug, text, fields);
}
inline void info(std::string_view text, std::initializer_list<field> fields = {}) {
  write(level::info, text, fields);
}
inline void warning(std::string_view text, std::initializer_list<field> fields = {}) {
  write(level::warning, text, fields);
}
inline void error(std::string_view text, std::initializer_list<field> fields = {}) {
  write(level::error, text, fields);
}

/// Appends `text` to `out` as the inside of a quoted string: control characters, quotes, backslashes and
/// what is not UTF-8 as escapes, so that what is read back is one line. JSON's rules, for both formats. Beyond what JSON asks,
/// characters that steer a terminal or a reader's eye are escaped too: C1 controls, line and paragraph separators,
/// bidirectional overrides, zero-width marks. Each byte that is not UTF-8 becomes \ufffd.
void append_escaped(std::string& out, std::string_view text);

/// Tests catch the lines instead (without the line feed); nullptr: standard error again.
void set_sink(void (*sink)(std::string_view line)) noexcept;

}  // namespace couplet::base::log

#include "base/log.hpp"

#include <time.h>

#include <array>
#include <atomic>
#include <cstdint>

#include "base/utf8.hpp"
#include "log_queue.hpp"

namespace couplet::base::log {

namespace {

std::atomic<level> lowest{level::info};
std::atomic<format> shape{format::text};
std::atomic<void (*)(std::string_view)> catcher{nullptr};

constexpr std::array<std::string_view, 5> level_names{"debug", "info", "warning", "error", "off"};

std::string_view name_of(level l) noexcept {
  return level_names[static_cast<std::size_t>(l)];
}

void append_unit(std::string& out, std::uint32_t unit) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += "\\u";
  for (unsigned shift = 16; shift != 0; shift -= 4) out += digits[unit >> (shift - 4) & 15U];
}

void append_ascii(std::string& out, char c) {
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
    append_unit(out, static_cast<unsigned char>(c));
  } else {
    out += c;
  }
}

/// A character of two or three bytes as a number.
std::uint32_t code_point(std::string_view c) noexcept {
  const auto at = [c](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(c[i])); };
  return c.size() == 2 ? (at(0) & 0x1fU) << 6U | (at(1) & 0x3fU)
                       : (at(0) & 0x0fU) << 12U | (at(1) & 0x3fU) << 6U | (at(2) & 0x3fU);
}

/// C1 controls (a terminal takes U+009B for ESC [ ), separators, marks of direction and of no width: what makes a line look
/// like another.
bool is_deceptive(std::uint32_t c) noexcept {
  return c < 0xa0 || c == 0xad || c == 0x61c || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
         (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

/// The text, or as much of it as fits without cutting a character.
std::string_view shortened(std::string_view text) noexcept {
  if (text.size() <= max_value_bytes) return text;
  std::size_t end = max_value_bytes;
  for (int back = 0; back < 3 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U; ++back) --end;
  return text.substr(0, end);
}

void append_value(std::string& out, std::string_view value) {
  out += '"';
  const auto shown = shortened(value);
  append_escaped(out, shown);
  if (shown.size() != value.size()) out += "...";
  out += '"';
}

void append_time(std::string& out) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  tm utc{};
  gmtime_r(&now.tv_sec, &utc);
  std::array<char, 32> seconds{};
  const auto size = strftime(seconds.data(), seconds.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  out.append(seconds.data(), size);
  const auto milliseconds = std::to_string(1000 + now.tv_nsec / 1'000'000);
  out += '.';
  out.append(milliseconds, 1);
  out += 'Z';
}

void append_text_line(std::string& out, level l, std::string_view text, std::initializer_list<field> fields) {
  append_time(out);
  out += ' ';
  out += name_of(l);
  out += ' ';
  out += text;
  for (const auto& f : fields) {
    out += ' ';
    out += f.name;
    out += '=';
    append_value(out, f.value);
  }
}

void append_json_line(std::string& out, level l, std::string_view text, std::initializer_list<field> fields) {
  out += "{\"time\":\"";
  append_time(out);
  out += "\",\"level\":\"";
  out += name_of(l);
  out += "\",\"text\":";
  append_value(out, text);
  for (const auto& f : fields) {
    out += ',';
    append_value(out, f.name);
    out += ':';
    if (f.is_number) {
      out += f.value;
    } else {
      append_value(out, f.value);
    }
  }
  out += '}';
}

void append_line(std::string& out, level l, std::string_view text, std::initializer_list<field> fields) {
  if (shape.load(std::memory_order_relaxed) == format::json) {
    append_json_line(out, l, text, fields);
  } else {
    append_text_line(out, l, text, fields);
  }
}

void hand_over(std::string& line) {
  if (auto* const sink = catcher.load(); sink != nullptr) return sink(line);
  if (queue().put(line)) return;
  line += '\n';
  write_lines(line);
}

}  // namespace

void set_level(level l) noexcept {
  lowest.store(l, std::memory_order_relaxed);
}
void set_format(format f) noexcept {
  shape.store(f, std::memory_order_relaxed);
}
level lowest_level() noexcept {
  return lowest.load(std::memory_order_relaxed);
}
void set_sink(void (*sink)(std::string_view line)) noexcept {
  catcher.store(sink);
}

void write(level l, std::string_view text, std::initializer_list<field> fields) {
  if (!enabled(l) || l == level::off) return;
  // Kept, so that a line costs no memory that is asked for.
  thread_local std::string line;
  line.clear();
  append_line(line, l, text, fields);
  hand_over(line);
}

void write_as_it_is(std::string_view text) {
  std::string line(text);
  hand_over(line);
}

void append_lost(std::string& out, std::uint64_t lost) {
  append_line(out, level::warning,
              std::to_string(lost) + (lost == 1 ? " line of the log was lost" : " lines of the log were lost"), {});
}

void append_escaped(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const auto length = utf8_length(text);
    const auto character = text.substr(0, length);
    if (length == 1) {
      append_ascii(out, text.front());
    } else if (length == 0) {
      out += "\\ufffd";
    } else if (length < 4 && is_deceptive(code_point(character))) {
      append_unit(out, code_point(character));
    } else {
      out += character;
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
}

}  // namespace couplet::base::log

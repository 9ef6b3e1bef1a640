#include "toml.hpp"

#include <algorithm>
#include <cstdint>

#include "base/utf8.hpp"
#include "settings.hpp"
#include "values.hpp"

namespace couplet::config {

namespace {

constexpr bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t';
}
constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
constexpr bool is_bare(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
}

void append_utf8(std::string& out, std::uint32_t c) {
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0U | c >> 6U);
    put(0x80U | (c & 0x3fU));
  } else if (c < 0x10000) {
    put(0xe0U | c >> 12U);
    put(0x80U | (c >> 6U & 0x3fU));
    put(0x80U | (c & 0x3fU));
  } else {
    put(0xf0U | c >> 18U);
    put(0x80U | (c >> 12U & 0x3fU));
    put(0x80U | (c >> 6U & 0x3fU));
    put(0x80U | (c & 0x3fU));
  }
}

class reader {
 public:
  reader(std::string_view text, const std::string& path) : text_(text), path_(path) {}

  std::vector<toml_entry> all() {
    std::vector<toml_entry> entries;
    while (skip_to_content()) {
      if (peek() == '[') fail("tables are not used here, only KEY = VALUE");
      auto entry = read_entry();
      const bool twice = std::any_of(entries.begin(), entries.end(), [&](const toml_entry& e) { return e.key == entry.key; });
      if (twice) fail(quoted(entry.key) + " is given twice; several values are written as a list");
      end_line();
      entries.push_back(std::move(entry));
    }
    return entries;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw usage_error(path_ + ":" + std::to_string(line_), what); }

  bool at_end() const noexcept { return at_ >= text_.size(); }
  /// The next character; at the end a line feed, so that every line ends in one.
  char peek() const noexcept { return at_end() ? '\n' : text_[at_]; }
  char next() noexcept {
    const char c = peek();
    if (c == '\n') ++line_;
    ++at_;
    return c;
  }
  void skip_blanks() noexcept {
    while (is_blank(peek())) ++at_;
  }
  void skip_comment() noexcept {
    if (peek() != '#') return;
    while (peek() != '\n') ++at_;
  }
  /// Over blanks, comments and empty lines. False: nothing is left.
  bool skip_to_content() noexcept {
    while (!at_end()) {
      skip_blanks();
      skip_comment();
      if (peek() == '\r') ++at_;
      if (peek() != '\n') return true;
      next();
    }
    return false;
  }
  void end_line() {
    skip_blanks();
    skip_comment();
    if (peek() == '\r') ++at_;
    if (peek() != '\n') fail("expected the end of the line behind the value; text with blanks or commas needs quotes");
    // The line feed is left: an error about the entry names the right line.
  }

  toml_entry read_entry() {
    toml_entry entry;
    entry.line = line_;
    if (peek() == '"' || peek() == '\'') {
      entry.key = read_string();
    } else {
      while (is_bare(peek())) entry.key += next();
    }
    skip_blanks();
    if (entry.key.empty() || peek() != '=') fail("expected KEY = VALUE");
    next();
    skip_blanks();
    entry.is_array = peek() == '[';
    if (entry.is_array) {
      read_array(entry);
    } else {
      entry.values.push_back(read_value());
    }
    return entry;
  }

  void read_array(toml_entry& entry) {
    next();
    while (true) {
      if (!skip_to_content()) fail("expected ] at the end of the list");
      if (peek() == ']') break;
      entry.values.push_back(read_value());
      if (!skip_to_content()) fail("expected ] at the end of the list");
      if (peek() == ']') break;
      if (next() != ',') fail("expected a comma or ] behind a value of the list; text with blanks needs quotes");
    }
    next();
  }

  toml_entry::value read_value() {
    toml_entry::value v;
    v.line = line_;
    v.text = peek() == '"' || peek() == '\'' ? read_string() : read_word();
    return v;
  }

  std::string read_word() {
    std::string word;
    constexpr std::string_view ends = " \t\r\n,#[]{}\"'=";
    while (ends.find(peek()) == std::string_view::npos) word += next();
    if (word.empty()) fail("expected a value: text in quotes, a number, true or false, or a list of them in [ ]");
    // TOML's integers may have underscores between digits.
    const bool integer = is_digit(word.front()) && is_digit(word.back()) &&
                         std::all_of(word.begin(), word.end(), [](char c) { return is_digit(c) || c == '_'; });
    if (integer) word.erase(std::remove(word.begin(), word.end(), '_'), word.end());
    return word;
  }

  std::string read_string() {
    const char quote = next();
    if (text_.substr(std::min(at_, text_.size()), 2) == std::string(2, quote)) fail("strings of several lines are not used here");
    std::string out;
    while (peek() != quote) {
      if (peek() == '\n') fail("expected a closing quote on the same line");
      const char c = next();
      if (c == '\\' && quote == '"') {
        read_escape(out);
      } else {
        out += c;
      }
    }
    next();
    return out;
  }

  void read_escape(std::string& out) {
    const char c = next();
    constexpr std::string_view names = "btnfr\"\\";
    constexpr std::string_view meanings = "\b\t\n\f\r\"\\";
    if (const auto which = names.find(c); which != std::string_view::npos) {
      out += meanings[which];
    } else if (c == 'u' || c == 'U') {
      append_utf8(out, read_code_point(c == 'u' ? 4 : 8));
    } else {
      if (c == '\n') --line_;
      fail("unknown escape in a string; a literal \\ is written \\\\, or the text in single quotes");
    }
  }

  std::uint32_t read_code_point(int digits) {
    std::uint32_t c = 0;
    for (int i = 0; i < digits; ++i) {
      const char d = peek();
      const std::uint32_t value = is_digit(d)            ? static_cast<std::uint32_t>(d - '0')
                                  : d >= 'a' && d <= 'f' ? static_cast<std::uint32_t>(d - 'a' + 10)
                                  : d >= 'A' && d <= 'F' ? static_cast<std::uint32_t>(d - 'A' + 10)
                                                         : 16U;
      if (value == 16) fail("expected four hexadecimal digits behind \\u, eight behind \\U");
      c = c << 4U | value;
      next();
    }
    if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) fail("there is no such character");
    return c;
  }

  std::string_view text_;
  const std::string& path_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

}  // namespace

std::vector<toml_entry> read_toml(std::string_view text, const std::string& path) {
  if (!base::is_utf8(text) || text.find('\0') != std::string_view::npos) throw usage_error(path, "is not UTF-8 text");
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  return reader(text, path).all();
}

std::string toml_string(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto c = static_cast<unsigned char>(text[i]);
    // U+0080 to U+009F: control characters too, and of two bytes.
    const bool wide = c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (wide) c = static_cast<unsigned char>(text[++i]);
    if (wide || c < 0x20 || c == 0x7f) {
      out += "\\u00";
      out += digits[c >> 4U];
      out += digits[c & 0xfU];
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += text[i];
    }
  }
  return out + '"';
}

}  // namespace couplet::config

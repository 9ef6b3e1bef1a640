#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace couplet::config {

/// One key of the file.
struct toml_entry {
  struct value {
    std::string text;
    std::size_t line = 0;
  };
  std::string key;
  std::size_t line = 0;
  std::vector<value> values;
  bool is_array = false;
};

/// The part of TOML that a flat list of flags needs: comments, bare and quoted keys, basic and literal strings of one line,
/// arrays over several lines, integers, true and false. Beyond TOML, words without blanks need no quotes (`log-level = info`).
/// Not served, with an error: tables, dotted keys, strings of several lines, the same key twice.
///
/// Our own, because CLI11 2.1.2's reader cuts values at a '#' inside quotes (a secret would silently lose its end), splits
/// them at commas and blanks, does not know on which line a key stood, and sets the file above the environment.
///
/// `path` is for errors (usage_error, "path:line").
std::vector<toml_entry> read_toml(std::string_view text, const std::string& path);

/// A text as a basic string of TOML, in its quotes, which read_toml reads as the same text. `text` is UTF-8. Control characters
/// are escaped.
std::string toml_string(std::string_view text);

}  // namespace couplet::config

#pragma once

#include <charconv>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace couplet::bench {

/// The command line of a benchmark: `--name value` and `--flag`, each asked for once by name. What nobody asked for is a
/// mistake of the caller, so call finish() last. Throws std::invalid_argument with one line that names the option.
class args {
 public:
  args(int argc, char** argv) : words_(argv + 1, argv + argc) {}

  [[nodiscard]] bool flag(std::string_view name) {
    for (auto word = words_.begin(); word != words_.end(); ++word)
      if (*word == name) {
        words_.erase(word);
        return true;
      }
    return false;
  }

  [[nodiscard]] std::string text(std::string_view name, std::string_view fallback) {
    for (auto word = words_.begin(); word != words_.end(); ++word)
      if (*word == name) {
        if (word + 1 == words_.end()) throw std::invalid_argument(std::string(name) + " needs a value");
        std::string value = *(word + 1);
        words_.erase(word, word + 2);
        return value;
      }
    return std::string(fallback);
  }

  /// A whole number between low and high, both included.
  [[nodiscard]] unsigned number(std::string_view name, unsigned fallback, unsigned low, unsigned high) {
    const std::string given = text(name, "");
    if (given.empty()) return fallback;
    unsigned value = 0;
    const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), value);
    if (error != std::errc{} || end != given.data() + given.size() || value < low || value > high)
      throw std::invalid_argument(std::string(name) + ": expected a number from " + std::to_string(low) + " to " +
                                  std::to_string(high) + ", got " + given);
    return value;
  }

  void finish() const {
    if (!words_.empty()) throw std::invalid_argument("unknown option " + words_.front());
  }

 private:
  std::vector<std::string> words_;
};

}  // namespace couplet::bench

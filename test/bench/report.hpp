#pragma once

#include <algorithm>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "process.hpp"

namespace couplet::bench {

/// One figure a line, `name value unit`: people can read it and scripts/bench parses it.
inline void figure(std::string_view name, double value, std::string_view unit) {
  const int decimals = value >= 1000 ? 0 : value >= 10 ? 1 : 3;
  std::printf("%-52.*s %14.*f %.*s\n", static_cast<int>(name.size()), name.data(), decimals, value, static_cast<int>(unit.size()),
              unit.data());
  std::fflush(stdout);
}

/// The middle value (the mean of the two middle ones). Of an empty list: 0.
[[nodiscard]] inline double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 != 0 ? values[half] : (values[half - 1] + values[half]) / 2;
}

/// The lowest value. Of an empty list: 0.
[[nodiscard]] inline double lowest(const std::vector<double>& values) {
  return values.empty() ? 0 : *std::min_element(values.begin(), values.end());
}

/// Runs a benchmark's body, alone on the machine, and turns what it throws into one line and an exit code: 2 for wrong usage,
/// 1 for the rest.
template <class Body>
int run_main(const char* name, Body body) {
  try {
    const one_at_a_time alone;
    body();
    return 0;
  } catch (const std::invalid_argument& wrong_usage) {
    std::fprintf(stderr, "%s: %s\n", name, wrong_usage.what());
    return 2;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "%s: %s\n", name, failure.what());
    return 1;
  }
}

}  // namespace couplet::bench

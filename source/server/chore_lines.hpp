#pragma once

#include <cstddef>
#include <cstdio>
#include <string>

/// What chores say on standard error.
namespace couplet::server {

inline void say(const std::string& line) {
  std::fprintf(stderr, "couplet: %s\n", line.c_str());
}

/// The exit code of what was not done.
inline int refuse(const std::string& why) {
  say(why);
  return 1;
}

inline std::string counted(std::size_t n, const char* one, const char* many) {
  return std::to_string(n) + " " + (n == 1 ? one : many);
}

}  // namespace couplet::server

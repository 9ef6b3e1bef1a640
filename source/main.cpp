#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "config/command_line.hpp"
#include "server/chores.hpp"
#include "server/server.hpp"

namespace {

using couplet::config::options;

/// Reads the command line as it was given once more: its secrets are blanked in argv after the first time.
std::optional<options> read_again(std::vector<std::string> arguments) {
  std::vector<char*> argv;
  for (auto& a : arguments) argv.push_back(a.data());
  options fresh;
  const auto out = couplet::config::parse_command_line(static_cast<int>(argv.size()), argv.data(), fresh);
  if (out.run) return fresh;
  couplet::base::log::warning("the configuration is wrong now; the old one stays", {{"why", out.text}});
  return std::nullopt;
}

}  // namespace

int main(int argc, char** argv) {
  couplet::server::prepare_process();
  try {
    const std::vector<std::string> as_given(argv, argv + argc);
    options o;
    const auto out = couplet::config::parse_command_line(argc, argv, o);
    if (!out.run) {
      std::fputs(out.text.c_str(), out.code == 0 ? stdout : stderr);
      return out.code;
    }
    if (o.to_do) return couplet::server::do_chore(o);
    couplet::server::server s(std::move(o), [as_given] { return read_again(as_given); });
    return s.run();
  } catch (const std::exception& e) {
    std::fprintf(stderr, "couplet: %s\n", e.what());
    return 1;
  }
}

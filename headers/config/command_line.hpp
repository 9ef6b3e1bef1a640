#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "config/options.hpp"

namespace couplet::config {

/// What main does after the command line was read.
struct outcome {
  bool run = false;  ///< start (or do what options::to_do says), with the options as they were filled in
  int code = 0;      ///< of exit, where not to run: 0 (--help, --version, --check-config, --import-jadc2s) or 2 (wrong)
  std::string text;  ///< then: for standard output (code 0) or standard error (code 2, one line); ends in a line feed
};

/// Answers the value of an environment variable, or nothing.
using environment = std::function<std::optional<std::string>(const std::string& name)>;

/// Reads flags, environment (COUPLET_…) and file (--config); flag beats environment beats file. Reads the files that hold
/// secrets and accounts. `out` is changed only where the outcome is to run, or --check-config found nothing wrong.
///
/// Secrets in `argv` are overwritten with 'x', whatever the outcome, so that a list of processes does not show them for longer
/// than it takes to read them. No error text holds a secret, or an argument that might be one.
outcome parse_command_line(int argc, char** argv, options& out, const environment& env);

/// The same with the process's own environment.
outcome parse_command_line(int argc, char** argv, options& out);

}  // namespace couplet::config

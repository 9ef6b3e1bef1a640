#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace couplet::credentials {

/// A command as --auth-command has it: words between blanks.
std::vector<std::string> split_command(std::string_view command);

/// What is wrong with it, if anything: no word, no absolute path, no file that may be executed.
std::optional<std::string> fault_of_command(const std::vector<std::string>& words);

/// Executes the program with these three descriptors as standard input, output and error, and no other one; as leader of a process group,
/// with default signals, without those of our variables that may be secrets (COUPLET_…), and killed with the calling thread. Answers
/// its process id once the program runs: the caller waits for its end. Throws where there are no descriptors left.
base::result<pid_t> spawn(const std::vector<std::string>& words, int input, int output, int errors);

}  // namespace couplet::credentials

#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "config/command_line.hpp"

namespace couplet::config {

/// Something in the configuration is wrong: one line for the person who wrote it, without a secret. Does not leave this room.
struct usage_error : std::runtime_error {
  /// `origin` says where: "--listen", "COUPLET_LISTEN", "couplet.toml:12: listen".
  usage_error(const std::string& origin, const std::string& what) : std::runtime_error(origin + ": " + what) {}
};

/// One value as it was written, and where.
struct given {
  given(std::string text_, std::string origin_) : text(std::move(text_)), origin(std::move(origin_)) {}
  std::string text;
  std::string origin;
};

/// The values of each flag that was given, under the flag's name without dashes. Switches are "true" or "false".
using settings = std::map<std::string, std::vector<given>, std::less<>>;

/// What a flag takes.
enum class shape : unsigned char {
  one_switch,  ///< true or false
  value,       ///< once
  list,        ///< repeatable; in the environment separated by commas or line feeds
  secret,      ///< once; a secret
  secret_list  ///< repeatable NAME:SECRET; in the environment separated by line feeds only, since a secret may hold a comma
};

struct flag {
  std::string_view name;  ///< without dashes: also the key of the file
  shape takes;
  std::string_view argument;  ///< as the help calls the value
  std::string_view group;
  std::string_view help;
};

/// All flags but --help and --version.
const std::vector<flag>& all_flags();
/// nullptr: no such flag.
const flag* find_flag(std::string_view name);
/// Something to do once, on the command line only: no setting of an environment or a file.
bool is_chore(std::string_view name) noexcept;

constexpr bool is_list(shape s) noexcept {
  return s == shape::list || s == shape::secret_list;
}
constexpr bool holds_secret(shape s) noexcept {
  return s == shape::secret || s == shape::secret_list;
}

/// COUPLET_MAX_STANZA_BYTES
std::string environment_name(std::string_view flag_name);

/// Adds what the environment says to flags that have no value yet.
void add_environment(settings& all, const environment& env);
/// Adds what the file says, which --config names, to flags that have no value yet.
void add_file(settings& all, const given& file);

/// Turns the values into options and checks them against each other.
options make_options(const settings& all);

}  // namespace couplet::config
